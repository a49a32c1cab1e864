package demo

import (
	"context"
	"errors"
	"net/url"
	"time"
)

// Clean removes all that a demo made; what is gone already is passed over.
func Clean(ctx context.Context, c *Client, p *Progress) error {
	p.step("Delete the service, and wait until its tasks have stopped", "aws ecs delete-service --cluster "+name+" --service "+name+" --force")
	if err := deleteService(ctx, c, p); err != nil {
		return err
	}
	p.step("Delete the load balancer and the target group", "aws elbv2 delete-load-balancer --load-balancer-arn …\naws elbv2 delete-target-group --target-group-arn …")
	if err := deleteBalancer(ctx, c, p); err != nil {
		return err
	}
	p.step("Deregister and delete the task definitions", "aws ecs deregister-task-definition --task-definition "+name+":1 …")
	if err := deleteDefinitions(ctx, c, p); err != nil {
		return err
	}
	p.step("Delete the security groups", "aws ec2 delete-security-group --group-name "+behind+" …")
	for _, group := range []string{behind, name} {
		if err := deleteGroup(ctx, c, p, group); err != nil {
			return err
		}
	}
	p.step("Delete the cluster", "aws ecs delete-cluster --cluster "+name)
	return unless(c.ecs(ctx, "DeleteCluster", map[string]any{"cluster": name}, nil), "ClusterNotFoundException")
}

// deleteService has the service go, and waits until it has: its security group
// and the cluster can't go before.
func deleteService(ctx context.Context, c *Client, p *Progress) error {
	in := map[string]any{"cluster": name, "service": name, "force": true}
	err := c.ecs(ctx, "DeleteService", in, nil)
	if isCode(err, "ClusterNotFoundException", "ServiceNotFoundException", "ServiceNotActiveException") {
		return nil
	}
	for err == nil {
		var s *service
		if s, err = describeService(ctx, c); err != nil {
			break
		}
		if s == nil || s.Status == "INACTIVE" {
			p.say("%s", name)
			return nil
		}
		err = pause(ctx, 50*time.Millisecond)
	}
	return err
}

func deleteBalancer(ctx context.Context, c *Client, p *Progress) error {
	var balancers struct {
		ARN string `xml:"DescribeLoadBalancersResult>LoadBalancers>member>LoadBalancerArn"`
	}
	err := c.elb(ctx, "DescribeLoadBalancers", url.Values{"Names.member.1": {name}}, &balancers)
	if err := unless(err, "LoadBalancerNotFound"); err != nil {
		return err
	}
	if balancers.ARN != "" {
		if err := c.elb(ctx, "DeleteLoadBalancer", url.Values{"LoadBalancerArn": {balancers.ARN}}, nil); err != nil {
			return err
		}
		p.say("%s", balancers.ARN)
	}
	var groups struct {
		ARN string `xml:"DescribeTargetGroupsResult>TargetGroups>member>TargetGroupArn"`
	}
	err = c.elb(ctx, "DescribeTargetGroups", url.Values{"Names.member.1": {name}}, &groups)
	if err := unless(err, "TargetGroupNotFound"); err != nil {
		return err
	}
	if groups.ARN == "" {
		return nil
	}
	p.say("%s", groups.ARN)
	return c.elb(ctx, "DeleteTargetGroup", url.Values{"TargetGroupArn": {groups.ARN}}, nil)
}

// deleteGroup deletes a security group once the load balancer's interfaces, which
// are in it, have gone.
func deleteGroup(ctx context.Context, c *Client, p *Progress, group string) error {
	id, err := findGroup(ctx, c, group)
	if err != nil || id == "" {
		return err
	}
	for {
		err := c.ec2(ctx, "DeleteSecurityGroup", url.Values{"GroupId": {id}}, nil)
		if err == nil {
			p.say("%s  %s", id, group)
		}
		if !isCode(err, "DependencyViolation") {
			return err
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

func deleteDefinitions(ctx context.Context, c *Client, p *Progress) error {
	for _, status := range []string{"ACTIVE", "INACTIVE"} {
		var out struct{ TaskDefinitionArns []string }
		in := map[string]any{"familyPrefix": name, "status": status}
		if err := c.ecs(ctx, "ListTaskDefinitions", in, &out); err != nil {
			return err
		}
		for _, arn := range out.TaskDefinitionArns {
			action, in := "DeregisterTaskDefinition", map[string]any{"taskDefinition": arn}
			if status == "INACTIVE" {
				action, in = "DeleteTaskDefinitions", map[string]any{"taskDefinitions": []string{arn}}
			}
			if err := c.ecs(ctx, action, in, nil); err != nil {
				return err
			}
			p.say("%s %s", action, arn)
		}
	}
	return nil
}

func isCode(err error, codes ...string) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	for _, code := range codes {
		if e.Code == code {
			return true
		}
	}
	return false
}

// unless is the error, but for one with a code.
func unless(err error, code string) error {
	if isCode(err, code) {
		return nil
	}
	return err
}

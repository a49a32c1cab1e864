package demo

import (
	"context"
	"net/url"
	"strings"
)

// makeBalancer makes a load balancer, a target group and a listener between them.
func (d *Demo) makeBalancer(ctx context.Context) error {
	d.step("Make an application load balancer with a target group",
		"aws elbv2 create-load-balancer --name "+name+" --security-groups "+d.front+" --subnets "+strings.Join(d.subnets, " ")+"\n"+
			"aws elbv2 create-target-group --name "+name+" --protocol HTTP --port 80 --target-type ip --vpc-id "+d.vpc+" \\\n"+
			"  --health-check-path /health --health-check-interval-seconds 5\n"+
			"aws elbv2 create-listener --protocol HTTP --port 80 --load-balancer-arn … --default-actions Type=forward,TargetGroupArn=…")
	form := url.Values{"Name": {name}}
	list(form, "Subnets", d.subnets)
	list(form, "SecurityGroups", []string{d.front})
	var balancer struct {
		ARN string `xml:"CreateLoadBalancerResult>LoadBalancers>member>LoadBalancerArn"`
		DNS string `xml:"CreateLoadBalancerResult>LoadBalancers>member>DNSName"`
	}
	if err := d.elb(ctx, "CreateLoadBalancer", form, &balancer); err != nil {
		return err
	}
	d.balancer, d.dns = balancer.ARN, balancer.DNS
	d.say("%s", d.dns)
	var group struct {
		ARN string `xml:"CreateTargetGroupResult>TargetGroups>member>TargetGroupArn"`
	}
	err := d.elb(ctx, "CreateTargetGroup", url.Values{
		"Name": {name}, "Protocol": {"HTTP"}, "Port": {"80"}, "TargetType": {"ip"}, "VpcId": {d.vpc},
		"HealthCheckPath": {"/health"}, "HealthCheckIntervalSeconds": {"5"}, "HealthCheckTimeoutSeconds": {"2"}, "HealthyThresholdCount": {"2"},
	}, &group)
	if err != nil {
		return err
	}
	d.targets = group.ARN
	err = d.elb(ctx, "ModifyTargetGroupAttributes", url.Values{
		"TargetGroupArn":          {d.targets},
		"Attributes.member.1.Key": {"deregistration_delay.timeout_seconds"}, "Attributes.member.1.Value": {"5"},
	}, nil)
	if err != nil {
		return err
	}
	return d.elb(ctx, "CreateListener", url.Values{
		"LoadBalancerArn": {d.balancer}, "Protocol": {"HTTP"}, "Port": {"80"},
		"DefaultActions.member.1.Type": {"forward"}, "DefaultActions.member.1.TargetGroupArn": {d.targets},
	}, nil)
}

package demo

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Names of what the demo makes; Clean removes what bears them.
const (
	cluster = "kaimon-demo"
	family  = "kaimon-demo"
	group   = "kaimon-demo"
	image   = "kaimon/sample:latest"
)

// Deploy runs the sample and returns the URL of its page.
func Deploy(ctx context.Context, c *Client, p *Progress) (string, error) {
	p.step("Make a cluster", "aws ecs create-cluster --cluster-name "+cluster)
	if err := c.ecs(ctx, "CreateCluster", map[string]any{"clusterName": cluster}, nil); err != nil {
		return "", err
	}
	subnet, err := findSubnet(ctx, c, p)
	if err != nil {
		return "", err
	}
	groupID, err := openGroup(ctx, c, p)
	if err != nil {
		return "", err
	}
	revision, err := register(ctx, c, p)
	if err != nil {
		return "", err
	}
	task, err := runTask(ctx, c, p, revision, subnet, groupID)
	if err != nil {
		return "", err
	}
	eni, err := awaitRunning(ctx, c, p, task)
	if err != nil {
		return "", err
	}
	return publicURL(ctx, c, p, eni)
}

func findSubnet(ctx context.Context, c *Client, p *Progress) (string, error) {
	p.step("Find a subnet of the default VPC", "aws ec2 describe-subnets --filters Name=default-for-az,Values=true")
	var out struct {
		Subnets []struct {
			ID   string `xml:"subnetId"`
			CIDR string `xml:"cidrBlock"`
			Zone string `xml:"availabilityZone"`
		} `xml:"subnetSet>item"`
	}
	filter := url.Values{"Filter.1.Name": {"default-for-az"}, "Filter.1.Value.1": {"true"}}
	if err := c.ec2(ctx, "DescribeSubnets", filter, &out); err != nil {
		return "", err
	}
	if len(out.Subnets) == 0 {
		return "", errors.New("the region has no default subnet")
	}
	s := out.Subnets[0]
	p.say("%s  %s  %s", s.ID, s.CIDR, s.Zone)
	return s.ID, nil
}

// openGroup makes a security group that lets port 80 in, or finds the one of an earlier run.
func openGroup(ctx context.Context, c *Client, p *Progress) (string, error) {
	p.step("Make a security group that lets HTTP in",
		"aws ec2 create-security-group --group-name "+group+" --description \"Kaimon demo\"\n"+
			"aws ec2 authorize-security-group-ingress --group-name "+group+" --protocol tcp --port 80 --cidr 0.0.0.0/0")
	var made struct {
		ID string `xml:"groupId"`
	}
	err := c.ec2(ctx, "CreateSecurityGroup", url.Values{"GroupName": {group}, "GroupDescription": {"Kaimon demo"}}, &made)
	var e *Error
	if errors.As(err, &e) && e.Code == "InvalidGroup.Duplicate" {
		id, err := findGroup(ctx, c)
		if err == nil {
			p.say("%s (of an earlier run)", id)
		}
		return id, err
	}
	if err != nil {
		return "", err
	}
	rule := url.Values{
		"GroupId": {made.ID}, "IpPermissions.1.IpProtocol": {"tcp"},
		"IpPermissions.1.FromPort": {"80"}, "IpPermissions.1.ToPort": {"80"},
		"IpPermissions.1.IpRanges.1.CidrIp": {"0.0.0.0/0"},
	}
	if err := c.ec2(ctx, "AuthorizeSecurityGroupIngress", rule, nil); err != nil {
		return "", err
	}
	p.say("%s", made.ID)
	return made.ID, nil
}

func findGroup(ctx context.Context, c *Client) (string, error) {
	var out struct {
		Groups []struct {
			ID string `xml:"groupId"`
		} `xml:"securityGroupInfo>item"`
	}
	filter := url.Values{"Filter.1.Name": {"group-name"}, "Filter.1.Value.1": {group}}
	if err := c.ec2(ctx, "DescribeSecurityGroups", filter, &out); err != nil {
		return "", err
	}
	if len(out.Groups) == 0 {
		return "", nil
	}
	return out.Groups[0].ID, nil
}

func register(ctx context.Context, c *Client, p *Progress) (string, error) {
	p.step("Register a task definition", "aws ecs register-task-definition --family "+family+" --requires-compatibilities FARGATE \\\n"+
		"--network-mode awsvpc --cpu 256 --memory 512 \\\n"+
		"--container-definitions '[{\"name\":\"web\",\"image\":\""+image+"\",\"portMappings\":[{\"containerPort\":80}]}]'")
	in := map[string]any{
		"family": family, "requiresCompatibilities": []string{"FARGATE"}, "networkMode": "awsvpc",
		"cpu": "256", "memory": "512",
		"containerDefinitions": []any{map[string]any{
			"name": "web", "image": image, "portMappings": []any{map[string]any{"containerPort": 80}},
		}},
	}
	var out struct {
		TaskDefinition struct{ TaskDefinitionArn string }
	}
	if err := c.ecs(ctx, "RegisterTaskDefinition", in, &out); err != nil {
		return "", err
	}
	p.say("%s", out.TaskDefinition.TaskDefinitionArn)
	return out.TaskDefinition.TaskDefinitionArn, nil
}

func runTask(ctx context.Context, c *Client, p *Progress, revision, subnet, groupID string) (string, error) {
	p.step("Run it as a task with a public address", "aws ecs run-task --cluster "+cluster+" --launch-type FARGATE --task-definition "+family+" \\\n"+
		"--network-configuration 'awsvpcConfiguration={subnets=["+subnet+"],securityGroups=["+groupID+"],assignPublicIp=ENABLED}'")
	in := map[string]any{
		"cluster": cluster, "taskDefinition": revision, "launchType": "FARGATE",
		"networkConfiguration": map[string]any{"awsvpcConfiguration": map[string]any{
			"subnets": []string{subnet}, "securityGroups": []string{groupID}, "assignPublicIp": "ENABLED",
		}},
	}
	var out struct {
		Tasks    []struct{ TaskArn string }
		Failures []struct{ Arn, Reason, Detail string }
	}
	if err := c.ecs(ctx, "RunTask", in, &out); err != nil {
		return "", err
	}
	if len(out.Tasks) == 0 {
		return "", fmt.Errorf("RunTask started nothing: %+v", out.Failures)
	}
	p.say("%s", out.Tasks[0].TaskArn)
	return out.Tasks[0].TaskArn, nil
}

// awaitRunning shows the task's states as they change and returns the ID of its
// network interface once it runs.
func awaitRunning(ctx context.Context, c *Client, p *Progress, task string) (string, error) {
	id := task[strings.LastIndex(task, "/")+1:]
	p.step("Wait until it runs", "aws ecs wait tasks-running --cluster "+cluster+" --tasks "+id)
	for last := ""; ; {
		t, err := describeTask(ctx, c, task)
		if err != nil {
			return "", err
		}
		if t.LastStatus != last {
			last = t.LastStatus
			p.say("%s", last)
		}
		switch last {
		case "RUNNING":
			return t.eni(), nil
		case "STOPPED":
			return "", fmt.Errorf("the task stopped: %s %s", t.StoppedReason, t.containerReasons())
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func publicURL(ctx context.Context, c *Client, p *Progress, eni string) (string, error) {
	p.step("Find its public address", "aws ec2 describe-network-interfaces --network-interface-ids "+eni+" \\\n"+
		"--query 'NetworkInterfaces[0].Association.PublicIp' --output text")
	var out struct {
		Public string `xml:"networkInterfaceSet>item>association>publicIp"`
	}
	if err := c.ec2(ctx, "DescribeNetworkInterfaces", url.Values{"NetworkInterfaceId.1": {eni}}, &out); err != nil {
		return "", err
	}
	if out.Public == "" {
		return "", fmt.Errorf("network interface %s has no public address", eni)
	}
	p.say("%s", out.Public)
	return "http://" + out.Public + "/", nil
}

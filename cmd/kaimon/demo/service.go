package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// register registers a revision of the task definition that shows a version;
// entryPoint, when given, runs something else than the sample.
func (d *Demo) register(ctx context.Context, version string, entryPoint ...string) error {
	container := map[string]any{
		"name": "web", "image": image, "portMappings": []any{map[string]any{"containerPort": 80}},
		"environment": []any{map[string]any{"name": "VERSION", "value": version}}, "stopTimeout": 5,
	}
	if len(entryPoint) > 0 {
		container["entryPoint"] = entryPoint
	}
	in := map[string]any{
		"family": name, "requiresCompatibilities": []string{"FARGATE"}, "networkMode": "awsvpc",
		"cpu": "256", "memory": "512", "containerDefinitions": []any{container},
	}
	var out struct {
		TaskDefinition struct{ TaskDefinitionArn string }
	}
	if err := d.ecs(ctx, "RegisterTaskDefinition", in, &out); err != nil {
		return err
	}
	d.say("%s", out.TaskDefinition.TaskDefinitionArn)
	return nil
}

func (d *Demo) registerFirst(ctx context.Context) error {
	d.step("Register a task definition", registerCommand("1"))
	return d.register(ctx, "1")
}

func registerCommand(version string) string {
	return "aws ecs register-task-definition --family " + name + " --requires-compatibilities FARGATE \\\n" +
		"  --network-mode awsvpc --cpu 256 --memory 512 \\\n" +
		"  --container-definitions '[{\"name\":\"web\",\"image\":\"" + image + "\",\"portMappings\":[{\"containerPort\":80}],\n" +
		"    \"environment\":[{\"name\":\"VERSION\",\"value\":\"" + version + "\"}]}]'"
}

func (d *Demo) createService(ctx context.Context) error {
	d.step(fmt.Sprintf("Create a service of %d tasks behind the load balancer, and wait until it is stable", count),
		"aws ecs create-service --cluster "+name+" --service-name "+name+" --task-definition "+name+fmt.Sprintf(" --desired-count %d", count)+" \\\n"+
			"  --launch-type FARGATE --load-balancers targetGroupArn=…,containerName=web,containerPort=80 \\\n"+
			"  --network-configuration 'awsvpcConfiguration={subnets=["+strings.Join(d.subnets, ",")+"],securityGroups=["+d.back+"]}' \\\n"+
			"  --deployment-configuration 'deploymentCircuitBreaker={enable=true,rollback=true}'\n"+
			"aws ecs wait services-stable --cluster "+name+" --services "+name)
	in := map[string]any{
		"cluster": name, "serviceName": name, "taskDefinition": name, "desiredCount": count, "launchType": "FARGATE",
		"loadBalancers": []any{map[string]any{"targetGroupArn": d.targets, "containerName": "web", "containerPort": 80}},
		"networkConfiguration": map[string]any{"awsvpcConfiguration": map[string]any{
			"subnets": d.subnets, "securityGroups": []string{d.back},
		}},
		"deploymentConfiguration": map[string]any{"deploymentCircuitBreaker": map[string]any{"enable": true, "rollback": true}},
	}
	if err := d.ecs(ctx, "CreateService", in, nil); err != nil {
		return err
	}
	_, err := d.awaitStable(ctx)
	return err
}

// service is what the demo reads of DescribeServices.
type service struct {
	Status, TaskDefinition string
	RunningCount           int
	Deployments            []struct{ RolloutState string }
	Events                 []struct{ ID, Message string }
}

func describeService(ctx context.Context, c *Client) (*service, error) {
	var out struct{ Services []service }
	err := c.ecs(ctx, "DescribeServices", map[string]any{"cluster": name, "services": []string{name}}, &out)
	if err != nil || len(out.Services) == 0 {
		return nil, err
	}
	return &out.Services[0], nil
}

// stable says that a service has one deployment, which is done.
func (s *service) stable() bool {
	return len(s.Deployments) == 1 && s.Deployments[0].RolloutState == "COMPLETED" && s.RunningCount == count
}

// awaitStable shows the service's events as they come, and returns it once it is
// stable.
func (d *Demo) awaitStable(ctx context.Context) (*service, error) {
	for {
		s, err := describeService(ctx, d.Client)
		if err != nil {
			return nil, err
		}
		if s == nil {
			return nil, fmt.Errorf("the service %s is gone", name)
		}
		for _, e := range slices.Backward(s.Events) {
			if !d.seen[e.ID] {
				d.seen[e.ID] = true
				d.say("%s", e.Message)
			}
		}
		if s.stable() {
			return s, nil
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

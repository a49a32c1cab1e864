package ecsapi_test

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	own "kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// readyForServices makes what a service needs, and returns a subnet.
func readyForServices(t *testing.T, c *sdk.Client, s *store.Store) (subnet string) {
	t.Helper()
	scope := own.Scope{Account: "123456789012", Region: "eu-west-1"}
	if err := s.Update(t.Context(), func(tx *store.Txn) error { ec2.EnsureDefaultVPC(tx, scope); return nil }); err != nil {
		t.Fatal(err)
	}
	for sub := range ec2.Subnets.All(s.Snapshot()) {
		subnet = sub.ID
	}
	if _, err := c.CreateCluster(t.Context(), &sdk.CreateClusterInput{}); err != nil {
		t.Fatal(err)
	}
	_, err := c.RegisterTaskDefinition(t.Context(), &sdk.RegisterTaskDefinitionInput{
		Family: aws.String("web"), NetworkMode: types.NetworkModeAwsvpc, Cpu: aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("app"), Image: aws.String("nginx")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return subnet
}

// runService does what the controller does to the service web: its tasks run, and the deployment has succeeded.
func runService(t *testing.T, s *store.Store) {
	t.Helper()
	err := s.Update(t.Context(), func(tx *store.Txn) error {
		for svc := range ecs.Services.All(tx) {
			status := ecs.StatusOfService(tx, svc)
			status.Rollouts[0].State, status.CompletedARN = ecs.RolloutCompleted, status.PrimaryARN
			status.Rollouts = status.Rollouts[:1]
			revision, _ := ecs.ServiceRevisions.Get(tx, status.PrimaryARN)
			tasks, err := ecs.AddServiceTasks(tx, svc, revision, nil, []string{clock.Hex(16), clock.Hex(16)}, time.Now())
			if err != nil {
				return err
			}
			for _, task := range tasks {
				running := ecs.NewTaskStatus(&task)
				running.Started(time.Now())
				ecs.TaskStatuses.Put(tx, running)
			}
			ecs.ServiceStatuses.Put(tx, status)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestServicesBySDK(t *testing.T) {
	endpoint, s := serveStore(t)
	c, ctx := clientOf(endpoint), t.Context()
	network := &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{readyForServices(t, c, s)}}}
	in := &sdk.CreateServiceInput{
		ServiceName: aws.String("web"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(2),
		LaunchType: types.LaunchTypeFargate, NetworkConfiguration: network,
	}
	if _, err := c.CreateService(ctx, in); err != nil {
		t.Fatal(err)
	}
	runService(t, s)
	stable := sdk.NewServicesStableWaiter(c, func(o *sdk.ServicesStableWaiterOptions) { o.MinDelay, o.MaxDelay = time.Millisecond, time.Second })
	if err := stable.Wait(ctx, &sdk.DescribeServicesInput{Services: []string{"web"}}, time.Minute); err != nil {
		t.Error(err)
	}
	var invalid *types.InvalidParameterException
	if _, err := c.CreateService(ctx, in); !errors.As(err, &invalid) || invalid.ErrorMessage() != "Creation of service was not idempotent." {
		t.Errorf("the same name: %v", err)
	}
	var missing *types.ServiceNotFoundException
	if _, err := c.UpdateService(ctx, &sdk.UpdateServiceInput{Service: aws.String("nope")}); !errors.As(err, &missing) {
		t.Errorf("no service: %v", err)
	}
	out, err := c.UpdateService(ctx, &sdk.UpdateServiceInput{Service: aws.String("web"), DesiredCount: aws.Int32(0), ForceNewDeployment: true})
	if err != nil || len(out.Service.Deployments) != 2 {
		t.Fatalf("%+v, %v", out, err)
	}
	list, err := c.ListServiceDeployments(ctx, &sdk.ListServiceDeploymentsInput{
		Service: aws.String("web"), CreatedAt: &types.CreatedAt{After: out.Service.Deployments[0].CreatedAt},
	})
	number := strings.Split(aws.ToString(out.Service.Deployments[0].Id), "/")[1]
	if err != nil || len(list.ServiceDeployments) != 1 || !strings.Contains(aws.ToString(list.ServiceDeployments[0].TargetServiceRevisionArn), number) {
		t.Errorf("deployment %s: %+v, %v", number, list, err)
	}
	if _, err := c.StopServiceDeployment(ctx, &sdk.StopServiceDeploymentInput{ServiceDeploymentArn: list.ServiceDeployments[0].ServiceDeploymentArn}); err != nil {
		t.Error(err)
	}
	gone, err := c.DeleteService(ctx, &sdk.DeleteServiceInput{Service: aws.String("web"), Force: aws.Bool(true)})
	if err != nil || aws.ToString(gone.Service.Status) != "DRAINING" {
		t.Errorf("%+v, %v", gone, err)
	}
	var inactive *types.ServiceNotActiveException
	if _, err := c.UpdateService(ctx, &sdk.UpdateServiceInput{Service: aws.String("web")}); !errors.As(err, &inactive) {
		t.Errorf("a deleted service: %v", err)
	}
}

// What silinternational/ecs-deploy calls, and the waiter.
func TestServicesByCLI(t *testing.T) {
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the aws CLI is not installed")
	}
	endpoint, s := serveStore(t)
	subnet, run := readyForServices(t, clientOf(endpoint), s), cliOf(cli, endpoint)
	for _, c := range []struct{ command, want string }{
		{"create-service --service-name web --task-definition web --desired-count 2 --launch-type FARGATE --network-configuration awsvpcConfiguration={subnets=[" + subnet + "]}", `"rolloutState": "IN_PROGRESS"`},
		{"describe-services --services web", `"PRIMARY"`},
		{"update-service --service web --task-definition web:1 --force-new-deployment", `"ecs-svc/`},
		{"", ""},
		{"wait services-stable --services web", ""},
		{"list-tasks --service-name web --desired-status RUNNING", ":task/default/"},
		{"list-services", ":service/default/web"},
		{"list-service-deployments --service web", "service-deployment/default/web/"},
		{"delete-service --service web --force", `"DRAINING"`},
	} {
		if c.command == "" {
			runService(t, s)
			continue
		}
		if out, err := run(strings.Fields(c.command)...); err != nil || !strings.Contains(out, c.want) {
			t.Errorf("%s: %v: %s", c.command, err, out)
		}
	}
	if out, err := run("update-service", "--service", "web"); err == nil || !strings.Contains(out, "(ServiceNotActiveException)") {
		t.Errorf("a deleted service: %v: %s", err, out)
	}
}

package ecsapi_test

import (
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
)

// Terraform finds the deployment that it waits for by the number in
// deployments[].id, which must be in the ARN of the target revision.
func TestCreateServiceShowsItsDeployment(t *testing.T) {
	w := newTaskWorld(t)
	made := w.service("web", func(in *ecsapi.CreateServiceInput) {
		in.Tags = []ecsapi.Tag{{Key: wire.Ptr("team"), Value: wire.Ptr("blue")}}
		in.DeploymentConfiguration = &ecsapi.DeploymentConfiguration{
			DeploymentCircuitBreaker: &ecsapi.DeploymentCircuitBreaker{Enable: wire.Ptr(true), Rollback: wire.Ptr(true)},
		}
	})
	if *made.Status != "ACTIVE" || *made.DesiredCount != 2 || *made.RunningCount != 0 || *made.TaskDefinition != ecs.TaskDefinitionARN(w.scope, "app", 2) ||
		*made.ServiceArn != "arn:aws:ecs:eu-west-1:123456789012:service/default/web" || *made.PlatformVersion != "LATEST" ||
		*made.DeploymentController.Type != "ECS" || *made.AvailabilityZoneRebalancing != "ENABLED" || *made.PropagateTags != "NONE" || len(made.Tags) != 1 {
		t.Errorf("service %+v", made)
	}
	c := made.DeploymentConfiguration
	if *c.MaximumPercent != 200 || *c.MinimumHealthyPercent != 100 || !*c.DeploymentCircuitBreaker.Enable || *c.Strategy != "ROLLING" {
		t.Errorf("configuration %+v", c)
	}
	if len(made.Deployments) != 1 {
		t.Fatalf("deployments %+v", made.Deployments)
	}
	d := made.Deployments[0]
	if *d.Status != "PRIMARY" || *d.RolloutState != "IN_PROGRESS" || *d.DesiredCount != 2 || *d.PlatformVersion != "1.4.0" || !d.CreatedAt.Equal(w.now) {
		t.Errorf("deployment %+v", d)
	}
	number := strings.TrimPrefix(*d.Id, "ecs-svc/")
	list, err := w.ListServiceDeployments(w.ctx, &ecsapi.ListServiceDeploymentsInput{
		Service: wire.Ptr("web"), CreatedAt: &ecsapi.CreatedAt{After: wire.Ptr(w.now.Add(-time.Second))},
	})
	if err != nil || len(list.ServiceDeployments) != 1 || len(number) != 19 {
		t.Fatalf("number %q, %+v, %v", number, list, err)
	}
	brief := list.ServiceDeployments[0]
	if !strings.HasSuffix(*brief.TargetServiceRevisionArn, ":service-revision/default/web/"+number) || *brief.Status != "PENDING" || *brief.ServiceDeploymentArn != *made.CurrentServiceDeployment {
		t.Errorf("brief %+v", brief)
	}
	full, err := w.DescribeServiceRevisions(w.ctx, &ecsapi.DescribeServiceRevisionsInput{ServiceRevisionArns: []string{*brief.TargetServiceRevisionArn, *brief.TargetServiceRevisionArn + "0"}})
	if err != nil || len(full.ServiceRevisions) != 1 || len(full.Failures) != 1 {
		t.Fatalf("%+v, %v", full, err)
	}
	if v := full.ServiceRevisions[0]; *v.LaunchType != "FARGATE" || len(v.ContainerImages) != 2 || *v.ContainerImages[0].Image != "busybox" || *v.TaskDefinition != *made.TaskDefinition {
		t.Errorf("revision %+v", v)
	}
}

func TestCreateServiceRefuses(t *testing.T) {
	w := newTaskWorld(t)
	type input = ecsapi.CreateServiceInput
	str := wire.Ptr[string]
	served := w.targetGroup(t, "served", "ip", true)
	configuration := func(c ecsapi.DeploymentConfiguration) func(*input) {
		return func(in *input) { in.DeploymentConfiguration = &c }
	}
	for name, c := range map[string]struct {
		change     func(*input)
		code, text string
	}{
		"name":           {func(in *input) { in.ServiceName = str("we b") }, "InvalidParameterException", "Service name"},
		"cluster":        {func(in *input) { in.Cluster = str("nowhere") }, "ClusterNotFoundException", "Cluster not found."},
		"no definition":  {func(in *input) { in.TaskDefinition = nil }, "InvalidParameterException", "TaskDefinition can not be blank."},
		"definition":     {func(in *input) { in.TaskDefinition = str("nope") }, "ClientException", "TaskDefinition not found."},
		"inactive":       {func(in *input) { in.TaskDefinition = str("app:1") }, "ClientException", "TaskDefinition is inactive"},
		"no count":       {func(in *input) { in.DesiredCount = nil }, "InvalidParameterException", "Desired count"},
		"negative count": {func(in *input) { in.DesiredCount = wire.Ptr[int32](-1) }, "InvalidParameterException", "non-negative"},
		"daemon":         {func(in *input) { in.SchedulingStrategy = str("DAEMON") }, "InvalidParameterException", "daemon"},
		"EC2":            {func(in *input) { in.LaunchType = str("EC2") }, "InvalidParameterException", "No Container Instances"},
		"both": {func(in *input) {
			in.CapacityProviderStrategy = []ecsapi.CapacityProviderStrategyItem{{CapacityProvider: str("FARGATE"), Weight: wire.Ptr[int32](1)}}
		}, "InvalidParameterException", "Specifying both a launch type and capacity provider strategy"},
		"network":     {func(in *input) { in.NetworkConfiguration = nil }, "InvalidParameterException", "Network Configuration must be provided"},
		"subnet":      {func(in *input) { in.NetworkConfiguration.AwsvpcConfiguration.Subnets = []string{"subnet-1"} }, "InvalidParameterException", "subnet-1"},
		"platform":    {func(in *input) { in.PlatformVersion = str("9") }, "PlatformUnknownException", ""},
		"token":       {func(in *input) { in.ClientToken = str(strings.Repeat("x", 65)) }, "InvalidParameterException", "clientToken"},
		"tags":        {func(in *input) { in.Tags = []ecsapi.Tag{{Key: str("aws:x")}} }, "InvalidParameterException", "aws:"},
		"role":        {func(in *input) { in.Role = str("r") }, "InvalidParameterException", "service linked role"},
		"grace":       {func(in *input) { in.HealthCheckGracePeriodSeconds = wire.Ptr[int32](-1) }, "InvalidParameterException", "healthCheckGracePeriodSeconds"},
		"controller":  {func(in *input) { in.DeploymentController = &ecsapi.DeploymentController{Type: str("CODE_DEPLOY")} }, "UnsupportedFeatureException", "CODE_DEPLOY"},
		"constraints": {func(in *input) { in.PlacementConstraints = make([]ecsapi.PlacementConstraint, 1) }, "InvalidParameterException", "Placement constraints"},
		"placement":   {func(in *input) { in.PlacementStrategy = make([]ecsapi.PlacementStrategy, 1) }, "InvalidParameterException", "Placement strategies"},
		"exec":        {func(in *input) { in.EnableExecuteCommand = wire.Ptr(true) }, "UnsupportedFeatureException", "enableExecuteCommand"},
		"volumes":     {func(in *input) { in.VolumeConfigurations = make([]ecsapi.ServiceVolumeConfiguration, 1) }, "UnsupportedFeatureException", "volumeConfigurations"},
		"registries":  {func(in *input) { in.ServiceRegistries = make([]ecsapi.ServiceRegistry, 1) }, "InvalidParameterException", "registryArn"},
		"lattice":     {func(in *input) { in.VpcLatticeConfigurations = make([]ecsapi.VpcLatticeConfiguration, 1) }, "UnsupportedFeatureException", "Lattice"},
		"connect": {func(in *input) {
			in.ServiceConnectConfiguration = &ecsapi.ServiceConnectConfiguration{Enabled: wire.Ptr(true)}
		}, "UnsupportedFeatureException", "Service Connect"},
		"classic":     {func(in *input) { in.LoadBalancers = []ecsapi.LoadBalancer{{LoadBalancerName: str("lb")}} }, "InvalidParameterException", "Classic"},
		"container":   {func(in *input) { in.LoadBalancers = behind("tg", "web", 80) }, "InvalidParameterException", "The container web does not exist in the task definition."},
		"port":        {func(in *input) { in.LoadBalancers = behind("tg", "main", 81) }, "InvalidParameterException", "The container main did not have a container port 81 defined."},
		"percentages": {configuration(ecsapi.DeploymentConfiguration{MaximumPercent: wire.Ptr[int32](100)}), "InvalidParameterException", "cannot be 100"},
		"strategy": {func(in *input) {
			in.LoadBalancers = behind(served, "main", 80)
			in.DeploymentConfiguration = &ecsapi.DeploymentConfiguration{Strategy: str("BLUE_GREEN")}
		}, "InvalidParameterException", "advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy"},
		"alarms":    {configuration(ecsapi.DeploymentConfiguration{Alarms: &ecsapi.DeploymentAlarms{Enable: wire.Ptr(true)}}), "UnsupportedFeatureException", "alarms"},
		"hooks":     {configuration(ecsapi.DeploymentConfiguration{LifecycleHooks: make([]ecsapi.DeploymentLifecycleHook, 1)}), "UnsupportedFeatureException", "lifecycleHooks"},
		"bake time": {configuration(ecsapi.DeploymentConfiguration{BakeTimeInMinutes: wire.Ptr[int32](1)}), "InvalidParameterException", "bakeTimeInMinutes"},
		"zones": {func(in *input) {
			in.AvailabilityZoneRebalancing = str("ENABLED")
			in.DeploymentConfiguration = &ecsapi.DeploymentConfiguration{MinimumHealthyPercent: wire.Ptr[int32](0), MaximumPercent: wire.Ptr[int32](100)}
		}, "InvalidParameterException", "availabilityZoneRebalancing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateService(w.ctx, w.serviceInput("web", c.change))
			wantRefusal(t, err, c.code, c.text)
		})
	}
	if out, err := w.ListServices(w.ctx, &ecsapi.ListServicesInput{}); err != nil || len(out.ServiceArns) != 0 {
		t.Errorf("services of refused requests: %v, %v", out, err)
	}
}

func TestCreateServiceAgain(t *testing.T) {
	w := newTaskWorld(t)
	token := func(in *ecsapi.CreateServiceInput) { in.ClientToken = wire.Ptr("t1") }
	first, again := w.service("web", token), w.service("web", token)
	if *first.Deployments[0].Id != *again.Deployments[0].Id {
		t.Error("the same request made another deployment")
	}
	for name, change := range map[string]func(*ecsapi.CreateServiceInput){
		"no token":         func(*ecsapi.CreateServiceInput) {},
		"other token":      func(in *ecsapi.CreateServiceInput) { in.ClientToken = wire.Ptr("t2") },
		"other parameters": func(in *ecsapi.CreateServiceInput) { token(in); in.DesiredCount = wire.Ptr[int32](9) },
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateService(w.ctx, w.serviceInput("web", change))
			wantRefusal(t, err, "InvalidParameterException", "Creation of service was not idempotent.")
		})
	}
}

func TestServiceBehindATargetGroup(t *testing.T) {
	w := newTaskWorld(t)
	good := w.targetGroup(t, "good", "ip", true)
	for arn, text := range map[string]string{
		"":                                    "targetGroupArn cannot be blank.",
		good + "0":                            "does not exist",
		w.targetGroup(t, "idle", "ip", false): "does not have an associated load balancer.",
		w.targetGroup(t, "box", "instance", true): "has target type instance, which is incompatible with the awsvpc network mode specified in the task definition.",
	} {
		_, err := w.CreateService(w.ctx, w.serviceInput("web", func(in *ecsapi.CreateServiceInput) { in.LoadBalancers = behind(arn, "main", 80) }))
		wantRefusal(t, err, "InvalidParameterException", text)
	}
	made := w.service("web", func(in *ecsapi.CreateServiceInput) {
		in.LoadBalancers, in.HealthCheckGracePeriodSeconds = behind(good, "main", 80), wire.Ptr[int32](30)
	})
	if len(made.LoadBalancers) != 1 || *made.LoadBalancers[0].TargetGroupArn != good || *made.HealthCheckGracePeriodSeconds != 30 {
		t.Errorf("service %+v", made)
	}
}

func TestServiceOfAStrategy(t *testing.T) {
	w := newTaskWorld(t)
	spot := []ecsapi.CapacityProviderStrategyItem{{CapacityProvider: wire.Ptr("FARGATE_SPOT"), Weight: wire.Ptr[int32](1)}}
	made := w.service("web", func(in *ecsapi.CreateServiceInput) { in.LaunchType, in.CapacityProviderStrategy = nil, spot })
	if made.LaunchType != nil || len(made.CapacityProviderStrategy) != 1 || made.Deployments[0].LaunchType != nil {
		t.Errorf("service %+v", made)
	}
	w.start("web", ecs.TaskRunning, 1)
	list, err := w.ListTasks(w.ctx, &ecsapi.ListTasksInput{ServiceName: wire.Ptr("web")})
	if err != nil || len(list.TaskArns) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	task, err := w.DescribeTasks(w.ctx, &ecsapi.DescribeTasksInput{Tasks: list.TaskArns})
	if err != nil || *task.Tasks[0].CapacityProviderName != "FARGATE_SPOT" || *task.Tasks[0].Group != "service:web" || *task.Tasks[0].StartedBy != *made.Deployments[0].Id {
		t.Errorf("task %+v, %v", task, err)
	}
	_, err = w.PutClusterCapacityProviders(w.ctx, &ecsapi.PutClusterCapacityProvidersInput{
		Cluster: wire.Ptr("default"), CapacityProviders: []string{"FARGATE"}, DefaultCapacityProviderStrategy: []ecsapi.CapacityProviderStrategyItem{},
	})
	wantRefusal(t, err, "ResourceInUseException", "in use")
}

package e2e

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"kaimon.dev/kaimon/test/live"
)

// shifted is a service "web" between whose two target groups traffic is shifted:
// on port 80 by a rule for all paths, on port 8080 for tests.
type shifted struct {
	*balanced
	tests string
	lb    types.LoadBalancer
}

// newShifted makes the load balancer of a balanced service with a second group
// and a listener for tests, and definitions web:1 and web:2, which say which they are.
func newShifted(t *testing.T, s *live.Server) *shifted {
	t.Helper()
	b := &balanced{client: newClient(t, s)}
	var err error
	if b.network, err = s.EC2(); err != nil {
		t.Fatal(err)
	}
	b.balance(t, s)
	out := &shifted{balanced: b, tests: strings.TrimSuffix(b.address, ":80") + ":8080"}
	out.split(t, s)
	for _, text := range []string{"one", "two"} {
		command := []string{"sh", "-c", "echo '" + text + " Welcome to nginx!' > /var/www/index.html && exec nginx"}
		_, err := b.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
			Family: aws.String("web"), NetworkMode: types.NetworkModeAwsvpc, Cpu: aws.String("256"), Memory: aws.String("512"),
			RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
			ContainerDefinitions: []types.ContainerDefinition{{
				Name: aws.String("app"), Image: aws.String(live.RegistryAddress + "/nginx"), Command: command,
				PortMappings: []types.PortMapping{{ContainerPort: aws.Int32(80)}},
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// split makes the second group and both rules.
func (b *shifted) split(t *testing.T, s *live.Server) {
	t.Helper()
	ctx := t.Context()
	c, err := s.ELB()
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	balancers, err := c.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{})
	must(err)
	lb := balancers.LoadBalancers[0]
	green, err := c.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: aws.String("green"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: lb.VpcId,
		TargetType: elbtypes.TargetTypeEnumIp, HealthCheckIntervalSeconds: aws.Int32(5), HealthCheckTimeoutSeconds: aws.Int32(2),
	})
	must(err)
	alternate := green.TargetGroups[0].TargetGroupArn
	_, err = c.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{
		TargetGroupArn: alternate,
		Attributes:     []elbtypes.TargetGroupAttribute{{Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String("3")}},
	})
	must(err)
	tests, err := c.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: lb.LoadBalancerArn, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(8080),
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: alternate}},
	})
	must(err)
	_, err = b.network.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &lb.SecurityGroups[0], IpProtocol: aws.String("tcp"), FromPort: aws.Int32(8080), ToPort: aws.Int32(8080), CidrIp: aws.String("0.0.0.0/0"),
	})
	must(err)
	listeners, err := c.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: lb.LoadBalancerArn})
	must(err)
	rule := func(listener, group *string) *string {
		out, err := c.CreateRule(ctx, &elb.CreateRuleInput{
			ListenerArn: listener, Priority: aws.Int32(1),
			Conditions: []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/*"}}},
			Actions:    []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: group}},
		})
		must(err)
		return out.Rules[0].RuleArn
	}
	i := slices.IndexFunc(listeners.Listeners, func(l elbtypes.Listener) bool { return *l.Port == 80 })
	b.lb = types.LoadBalancer{
		TargetGroupArn: &b.group, ContainerName: aws.String("app"), ContainerPort: aws.Int32(80),
		AdvancedConfiguration: &types.AdvancedConfiguration{
			AlternateTargetGroupArn: alternate, RoleArn: aws.String("arn:aws:iam::000000000000:role/ecs"),
			ProductionListenerRule: rule(listeners.Listeners[i].ListenerArn, &b.group),
			TestListenerRule:       rule(tests.Listeners[0].ListenerArn, alternate),
		},
	}
}

// create makes the service, which runs two tasks of web:1.
func (b *shifted) create(t *testing.T, c types.DeploymentConfiguration) {
	t.Helper()
	_, err := b.CreateService(t.Context(), &ecs.CreateServiceInput{
		ServiceName: aws.String("web"), TaskDefinition: aws.String("web:1"), DesiredCount: aws.Int32(2),
		LaunchType: types.LaunchTypeFargate, NetworkConfiguration: b.request().NetworkConfiguration,
		LoadBalancers: []types.LoadBalancer{b.lb}, DeploymentConfiguration: &c,
	})
	if err != nil {
		t.Fatal(err)
	}
	b.settle(t, "web:1", 2)
}

// current describes the newest deployment.
func (b *shifted) current(t *testing.T) types.ServiceDeployment {
	t.Helper()
	s, err := b.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Services: []string{"web"}})
	if err != nil {
		t.Fatal(err)
	}
	out, err := b.DescribeServiceDeployments(t.Context(), &ecs.DescribeServiceDeploymentsInput{
		ServiceDeploymentArns: []string{*s.Services[0].CurrentServiceDeployment},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.ServiceDeployments[0]
}

// wait waits until the newest deployment is as it shall be.
func (b *shifted) wait(t *testing.T, what string, is func(types.ServiceDeployment) bool) types.ServiceDeployment {
	t.Helper()
	var d types.ServiceDeployment
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(50 * time.Millisecond) {
		if d = b.current(t); is(d) {
			return d
		}
	}
	t.Fatalf("the deployment doesn't come to %s: %s %s %s", what, d.LifecycleStage, d.Status, aws.ToString(d.StatusReason))
	return d
}

// answers counts what comes of so many requests, by the first word.
func answers(t *testing.T, address string, n int) map[string]int {
	t.Helper()
	out := map[string]int{}
	client := &http.Client{Timeout: 10 * time.Second}
	for range n {
		r, err := client.Get("http://" + address + "/")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d, %v", address, r.StatusCode, err)
		}
		word, _, _ := strings.Cut(string(text), " ")
		out[word]++
	}
	return out
}

// until waits until all answers are the same.
func until(t *testing.T, address, want string) {
	t.Helper()
	var got map[string]int
	for begun := time.Now(); time.Since(begun) < 10*time.Second; {
		if got = answers(t, address, 20); got[want] == 20 {
			return
		}
	}
	t.Errorf("%s answers %v, want %s", address, got, want)
}

// Blue/green deployments test, switch, bake and are rolled back, or go through;
// not one request is lost.
func TestBlueGreen(t *testing.T) {
	s := newServer(t)
	startRegistry(t)
	if _, err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := newShifted(t, s)
	b.create(t, types.DeploymentConfiguration{Strategy: types.DeploymentStrategyBlueGreen})
	l := startLoad("http://" + b.address + "/")
	until(t, b.address, "one")
	texts, definitions := []string{"one", "two"}, []string{"web:1", "web:2"}
	for i := range rounds {
		old, next := i%2, (i+1)%2
		b.bake(t, 60, definitions[next])
		d := b.wait(t, "its bake time", func(d types.ServiceDeployment) bool {
			return d.LifecycleStage == types.ServiceDeploymentLifecycleStageBakeTime
		})
		until(t, b.address, texts[next])
		until(t, b.tests, texts[next])
		if target := d.TargetServiceRevision; target.RunningTaskCount != 2 || aws.ToFloat64(target.RequestedProductionTrafficWeight) != 100 ||
			len(d.SourceServiceRevisions) != 1 || d.SourceServiceRevisions[0].RunningTaskCount != 2 {
			t.Errorf("while it bakes: %+v, %+v", target, d.SourceServiceRevisions)
		}
		if _, err := b.StopServiceDeployment(t.Context(), &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: d.ServiceDeploymentArn}); err != nil {
			t.Fatal(err)
		}
		until(t, b.address, texts[old])
		until(t, b.tests, texts[old])
		b.wait(t, "the end of its rollback", func(d types.ServiceDeployment) bool {
			return d.Status == types.ServiceDeploymentStatusRollbackSuccessful
		})
		b.settle(t, definitions[old], 2)
		b.bake(t, 0, definitions[next])
		b.settle(t, definitions[next], 2)
		until(t, b.address, texts[next])
	}
	l.check(t)
}

// bake deploys a definition that shall bake for some minutes.
func (b *shifted) bake(t *testing.T, minutes int32, definition string) {
	t.Helper()
	b.update(t, ecs.UpdateServiceInput{
		TaskDefinition: &definition, DeploymentConfiguration: &types.DeploymentConfiguration{BakeTimeInMinutes: &minutes},
	})
}

// A canary gets its share of the requests until it is rolled back, also by a
// server that was killed; with no time to bake it goes through.
func TestCanary(t *testing.T) {
	s := newServer(t)
	startRegistry(t)
	if _, err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := newShifted(t, s)
	canary := &types.CanaryConfiguration{CanaryPercent: aws.Float64(25), CanaryBakeTimeInMinutes: aws.Int32(60)}
	b.create(t, types.DeploymentConfiguration{Strategy: types.DeploymentStrategyCanary, CanaryConfiguration: canary})
	b.update(t, ecs.UpdateServiceInput{TaskDefinition: aws.String("web:2")})
	d := b.wait(t, "its first share", func(d types.ServiceDeployment) bool {
		return aws.ToFloat64(d.TargetServiceRevision.RequestedProductionTrafficWeight) == 25
	})
	if d.LifecycleStage != types.ServiceDeploymentLifecycleStageProductionTrafficShift ||
		aws.ToFloat64(d.SourceServiceRevisions[0].RequestedProductionTrafficWeight) != 75 {
		t.Errorf("%s, %+v", d.LifecycleStage, d.SourceServiceRevisions)
	}
	for begun := time.Now(); answers(t, b.address, 10)["two"] == 0; {
		if time.Since(begun) > 10*time.Second {
			t.Fatal("the canary gets no requests")
		}
	}
	// 25 % of 400 is 100; chance leaves 50 to 150 with a probability under 1e-7.
	if got := answers(t, b.address, 400); got["two"] < 50 || got["two"] > 150 {
		t.Errorf("of 400 requests %v", got)
	}
	s.Kill()
	if _, err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := answers(t, b.address, 100); got["one"] == 0 || got["two"] == 0 {
		t.Errorf("after a crash of the server %v", got)
	}
	b.client = newClient(t, s)
	if _, err := b.StopServiceDeployment(t.Context(), &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: d.ServiceDeploymentArn}); err != nil {
		t.Fatal(err)
	}
	until(t, b.address, "one")
	b.settle(t, "web:1", 2)
	canary.CanaryBakeTimeInMinutes = aws.Int32(0)
	b.update(t, ecs.UpdateServiceInput{
		TaskDefinition: aws.String("web:2"), DeploymentConfiguration: &types.DeploymentConfiguration{CanaryConfiguration: canary},
	})
	b.settle(t, "web:2", 2)
	until(t, b.address, "two")
}

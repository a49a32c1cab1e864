package e2e

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"kaimon.dev/kaimon/test/live"
)

// balanced is a service "web" of nginx behind a load balancer.
type balanced struct {
	*client
	network *ec2.Client
	// address is one of the load balancer's, with its port.
	address string
	group   string
}

// newBalanced makes the load balancer, definitions web:1 and web:2 that serve
// and web:3 that exits at once, and a service of two tasks, which it waits for.
func newBalanced(t *testing.T, s *live.Server) *balanced {
	t.Helper()
	b := &balanced{client: newClient(t, s)}
	var err error
	if b.network, err = s.EC2(); err != nil {
		t.Fatal(err)
	}
	b.balance(t, s)
	for _, command := range [][]string{nil, {"nginx"}, {"false"}} {
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
	_, err = b.CreateService(t.Context(), &ecs.CreateServiceInput{
		ServiceName: aws.String("web"), TaskDefinition: aws.String("web:1"), DesiredCount: aws.Int32(2),
		LaunchType: types.LaunchTypeFargate, NetworkConfiguration: b.request().NetworkConfiguration,
		LoadBalancers: []types.LoadBalancer{{TargetGroupArn: &b.group, ContainerName: aws.String("app"), ContainerPort: aws.Int32(80)}},
		DeploymentConfiguration: &types.DeploymentConfiguration{
			DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: true, Rollback: true},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.settle(t, "web:1", 2)
	return b
}

// balance makes the load balancer, its target group and its listener, and opens port 80.
func (b *balanced) balance(t *testing.T, s *live.Server) {
	t.Helper()
	ctx := t.Context()
	c, err := s.ELB()
	if err != nil {
		t.Fatal(err)
	}
	subnets, err := b.network.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	if err != nil {
		t.Fatal(err)
	}
	made, err := c.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: aws.String("web"), Subnets: []string{*subnets.Subnets[0].SubnetId, *subnets.Subnets[1].SubnetId},
	})
	if err != nil {
		t.Fatal(err)
	}
	lb := made.LoadBalancers[0]
	group, err := c.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: aws.String("web"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: lb.VpcId,
		TargetType: elbtypes.TargetTypeEnumIp, HealthCheckIntervalSeconds: aws.Int32(5), HealthCheckTimeoutSeconds: aws.Int32(2),
	})
	if err != nil {
		t.Fatal(err)
	}
	b.group = *group.TargetGroups[0].TargetGroupArn
	_, err = c.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{
		TargetGroupArn: &b.group,
		Attributes:     []elbtypes.TargetGroupAttribute{{Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String("3")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: lb.LoadBalancerArn, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80),
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &b.group}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.network.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &lb.SecurityGroups[0], IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80), CidrIp: aws.String("0.0.0.0/0"),
	})
	if err != nil {
		t.Fatal(err)
	}
	b.address = b.publicAddress(t) + ":80"
}

// publicAddress waits for an address of the load balancer.
func (b *balanced) publicAddress(t *testing.T) string {
	t.Helper()
	for range 500 {
		out, err := b.network.DescribeNetworkInterfaces(t.Context(), &ec2.DescribeNetworkInterfacesInput{
			Filters: []ec2types.Filter{{Name: aws.String("description"), Values: []string{"ELB app/web/*"}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range out.NetworkInterfaces {
			if i.Association != nil {
				return *i.Association.PublicIp
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the load balancer has no public address")
	return ""
}

// update changes the service.
func (b *balanced) update(t *testing.T, change ecs.UpdateServiceInput) {
	t.Helper()
	change.Service = aws.String("web")
	if _, err := b.UpdateService(t.Context(), &change); err != nil {
		t.Fatal(err)
	}
}

// settle waits until the service runs so many tasks of a definition, and nothing else.
func (b *balanced) settle(t *testing.T, definition string, count int32) {
	t.Helper()
	var s types.Service
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(50 * time.Millisecond) {
		out, err := b.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Services: []string{"web"}})
		if err != nil {
			t.Fatal(err)
		}
		s = out.Services[0]
		d := s.Deployments[0]
		if len(s.Deployments) == 1 && d.RolloutState == types.DeploymentRolloutStateCompleted && s.RunningCount == count &&
			d.DesiredCount == count && hasSuffix(d.TaskDefinition, "/"+definition) {
			return
		}
	}
	for _, e := range s.Events {
		t.Log(*e.Message)
	}
	t.Fatalf("the service doesn't come to %d of %s: %+v", count, definition, s.Deployments)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"kaimon.dev/kaimon/test/live"
)

const (
	// killed is how many tasks are killed, one after the other.
	killed = 21
	// grown is to how many tasks a service grows from none.
	grown = 50
)

// measureServices measures how soon a killed task is replaced, and how soon a
// service has many tasks in service behind a load balancer.
func measureServices(ctx context.Context, dir string, _ int) (_ table, err error) {
	w, err := newWorld(ctx, dir, "services")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Down(context.WithoutCancel(ctx))) }()
	s := served{world: w}
	if s.balancer, err = w.ELB(); err != nil {
		return nil, err
	}
	if err := s.create(ctx); err != nil {
		return nil, err
	}
	replaced, err := s.replace(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.scale(ctx, 0); err != nil {
		return nil, err
	}
	begun := time.Now()
	if err := s.scale(ctx, grown); err != nil {
		return nil, err
	}
	took := time.Since(begun)
	rows := quantiles("kill of a task's process to its replacement RUNNING", replaced, 300*time.Millisecond, 0)
	rows = append(rows, atMost(fmt.Sprintf("a service from 0 to %d tasks in service", grown), took, 5*time.Second))
	return rows, s.scale(ctx, 0)
}

// served is a service behind a load balancer.
type served struct {
	*world
	balancer *elb.Client
	group    string
}

// create makes the service, of two tasks, and waits until they are in service.
func (s *served) create(ctx context.Context) error {
	if err := s.balance(ctx); err != nil {
		return err
	}
	_, err := s.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("web"), NetworkMode: types.NetworkModeAwsvpc, Cpu: aws.String("256"), Memory: aws.String("512"),
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String(live.RegistryAddress + "/busybox"), StopTimeout: aws.Int32(2),
			Command:      []string{"sh", "-c", "echo web > /tmp/index.html && exec httpd -f -p 80 -h /tmp"},
			PortMappings: []types.PortMapping{{ContainerPort: aws.Int32(80)}},
		}},
	})
	if err != nil {
		return err
	}
	_, err = s.CreateService(ctx, &ecs.CreateServiceInput{
		ServiceName: aws.String("web"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(2), LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{s.subnet}}},
		LoadBalancers:        []types.LoadBalancer{{TargetGroupArn: &s.group, ContainerName: aws.String("app"), ContainerPort: aws.Int32(80)}},
	})
	if err != nil {
		return err
	}
	return s.awaitInService(ctx, 2)
}

// balance makes the load balancer and its target group.
func (s *served) balance(ctx context.Context) error {
	network, err := s.EC2()
	if err != nil {
		return err
	}
	subnets, err := network.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	if err != nil {
		return err
	}
	made, err := s.balancer.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: aws.String("web"), Subnets: []string{*subnets.Subnets[0].SubnetId, *subnets.Subnets[1].SubnetId},
	})
	if err != nil {
		return err
	}
	groups, err := s.balancer.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: aws.String("web"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: made.LoadBalancers[0].VpcId,
		TargetType: elbtypes.TargetTypeEnumIp, HealthCheckIntervalSeconds: aws.Int32(5), HealthCheckTimeoutSeconds: aws.Int32(2),
	})
	if err != nil {
		return err
	}
	s.group = *groups.TargetGroups[0].TargetGroupArn
	_, err = s.balancer.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{
		TargetGroupArn: &s.group,
		Attributes:     []elbtypes.TargetGroupAttribute{{Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String("0")}},
	})
	if err != nil {
		return err
	}
	_, err = s.balancer.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: made.LoadBalancers[0].LoadBalancerArn, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80),
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &s.group}},
	})
	return err
}

// replace kills tasks that are in service, each once its predecessor's
// replacement is, and says how long it took until another ran.
func (s *served) replace(ctx context.Context) (all []time.Duration, err error) {
	for range killed {
		before, err := s.tasks(ctx)
		if err != nil {
			return nil, err
		}
		processes, err := s.Processes()
		if err != nil {
			return nil, err
		}
		id := before[0][len(before[0])-32:]
		if len(processes[id]) == 0 {
			return nil, fmt.Errorf("%s has no process", id)
		}
		begun := time.Now()
		for _, pid := range processes[id] {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return nil, err
			}
		}
		next, err := s.awaitNext(ctx, before)
		if err != nil {
			return nil, err
		}
		if _, err := s.await(ctx, "RUNNING", next); err != nil {
			return nil, err
		}
		all = append(all, time.Since(begun))
		if err := s.awaitInService(ctx, 2); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// tasks lists the service's tasks.
func (s *served) tasks(ctx context.Context) ([]string, error) {
	out, err := s.ListTasks(ctx, &ecs.ListTasksInput{ServiceName: aws.String("web")})
	if err != nil {
		return nil, err
	}
	return out.TaskArns, nil
}

// awaitNext waits for a task that wasn't there before.
func (s *served) awaitNext(ctx context.Context, before []string) (string, error) {
	for range 3000 {
		now, err := s.tasks(ctx)
		if err != nil {
			return "", err
		}
		for _, arn := range now {
			if !slices.Contains(before, arn) {
				return arn, nil
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	return "", errors.New("a killed task isn't replaced")
}

// scale waits until the service has so many tasks in service, and no other targets.
func (s *served) scale(ctx context.Context, count int) error {
	_, err := s.UpdateService(ctx, &ecs.UpdateServiceInput{Service: aws.String("web"), DesiredCount: aws.Int32(int32(count))})
	if err != nil {
		return err
	}
	return s.awaitInService(ctx, count)
}

func (s *served) awaitInService(ctx context.Context, count int) error {
	healthy := 0
	for range 6000 {
		out, err := s.balancer.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &s.group})
		if err != nil {
			return err
		}
		healthy = 0
		for _, d := range out.TargetHealthDescriptions {
			if d.TargetHealth.State == elbtypes.TargetHealthStateEnumHealthy {
				healthy++
			}
		}
		if healthy == count && len(out.TargetHealthDescriptions) == count {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("%d targets are healthy, want %d", healthy, count)
}

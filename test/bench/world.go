package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/test/live"
)

// world is a running server with what a task needs.
type world struct {
	*live.Server
	*ecs.Client
	subnet string
}

// newWorld starts a server with an empty store.
func newWorld(ctx context.Context, dir, name string) (_ *world, err error) {
	w := &world{Server: live.New(filepath.Join(dir, name))}
	if _, err := w.Start(ctx); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Down(context.WithoutCancel(ctx)))
		}
	}()
	if w.Client, err = w.ECS(); err != nil {
		return nil, err
	}
	network, err := w.EC2()
	if err != nil {
		return nil, err
	}
	subnets, err := network.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	if err != nil {
		return nil, err
	}
	w.subnet = *subnets.Subnets[0].SubnetId
	_, err = w.CreateCluster(ctx, &ecs.CreateClusterInput{})
	return w, err
}

// define registers a task of one container.
func (w *world) define(ctx context.Context, family, image string, command ...string) error {
	_, err := w.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: &family, NetworkMode: types.NetworkModeAwsvpc,
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		Cpu:                     aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("app"), Image: &image, Command: command, StopTimeout: aws.Int32(2),
		}},
	})
	return err
}

// runTask starts a task with a public address and returns its ARN.
func (w *world) runTask(ctx context.Context, family string) (string, error) {
	out, err := w.RunTask(ctx, &ecs.RunTaskInput{
		TaskDefinition: &family, LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
			Subnets: []string{w.subnet}, AssignPublicIp: types.AssignPublicIpEnabled,
		}},
	})
	if err != nil {
		return "", err
	}
	return *out.Tasks[0].TaskArn, nil
}

// await waits until tasks, at most 100, have a status, and returns them.
func (w *world) await(ctx context.Context, status string, arns ...string) ([]types.Task, error) {
	for range 3000 {
		out, err := w.DescribeTasks(ctx, &ecs.DescribeTasksInput{Tasks: arns})
		if err != nil {
			return nil, err
		}
		there := 0
		for _, t := range out.Tasks {
			if *t.LastStatus == status {
				there++
			} else if *t.LastStatus == "STOPPED" {
				return nil, fmt.Errorf("%s stopped: %s", *t.TaskArn, aws.ToString(t.StoppedReason))
			}
		}
		if there == len(arns) {
			return out.Tasks, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil, fmt.Errorf("tasks don't get %s", status)
}

// beyond is where containers' first words go: an address beyond the host, which
// VPCs don't reach.
const beyond = "203.0.113.2"

// listen is the other end of containers' first words, in a network namespace
// beyond the host.
func listen() (net.Listener, error) {
	const path = "/run/netns/beyond"
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := makeBeyond(); err != nil {
			return nil, err
		}
	}
	ns, err := vpc.OpenNetNS(path)
	if err != nil {
		return nil, err
	}
	defer ns.Close()
	return ns.Listen(netip.AddrPortFrom(netip.MustParseAddr(beyond), 9000))
}

// makeBeyond makes that namespace, with a link to the host.
func makeBeyond() error {
	for _, command := range []string{
		"ip netns add beyond",
		"ip link add beyond type veth peer name host netns beyond",
		"ip address add 203.0.113.1/24 dev beyond",
		"ip link set beyond up",
		"ip -n beyond address add " + beyond + "/24 dev host",
		"ip -n beyond link set host up",
	} {
		words := strings.Fields(command)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", command, err, out)
		}
	}
	return nil
}

// speak is the command whose first word goes to the listener; it ends when the
// connection does.
var speak = []string{"nc", beyond, "9000"}

package ecsctl

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
)

func ptr[T any](v T) *T { return &v }

func build(t ecs.Task, d ecs.TaskDefinition) runtime.Spec {
	t.ID, t.Scope = "0123", aws.Scope{Account: "123456789012", Region: "eu-west-1"}
	eni := &ec2.NetworkInterface{ID: "eni-1", Scope: t.Scope, Address: netip.MustParseAddr("172.31.0.9")}
	names := ec2.NameService{Servers: []netip.Addr{netip.MustParseAddr("172.31.0.2")}, Search: []string{"eu-west-1.compute.internal"}}
	return buildSpec(&t, &d, eni, names, "/run/netns/1", map[string]string{"main": "sha256:1"})
}

func TestSpecOfATask(t *testing.T) {
	got := build(ecs.Task{CPU: 256, Memory: 512}, ecs.TaskDefinition{
		Volumes:    []ecs.Volume{{Name: "data"}},
		Containers: []ecs.ContainerDefinition{{Name: "main", Image: "busybox"}},
	})
	want := runtime.Spec{
		ID: "0123", NetworkNamespace: "/run/netns/1", Hostname: "ip-172-31-0-9.eu-west-1.compute.internal",
		Address:       netip.MustParseAddr("172.31.0.9"),
		Nameservers:   []netip.Addr{netip.MustParseAddr("172.31.0.2")},
		SearchDomains: []string{"eu-west-1.compute.internal"},
		CPU:           256, Memory: 512,
		Volumes: []runtime.Volume{{Name: "data"}},
		Containers: []runtime.Container{{
			Name: "main", Image: "busybox", Digest: "sha256:1",
			Environment: []runtime.EnvVar{
				{Name: "AWS_EXECUTION_ENV", Value: "AWS_ECS_FARGATE"},
				{Name: "AWS_DEFAULT_REGION", Value: "eu-west-1"}, {Name: "AWS_REGION", Value: "eu-west-1"},
			},
			Ulimits:     []runtime.Ulimit{{Name: "nofile", Soft: 65535, Hard: 65535}},
			StopTimeout: 30 * time.Second,
		}},
	}
	if d := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
		t.Error(d)
	}
}

func TestSpecOfAContainerWithEverything(t *testing.T) {
	c := ecs.ContainerDefinition{
		Name: "main", Image: "busybox", CPU: 10, Memory: 20, MemoryReservation: 15, Essential: true,
		EntryPoint: []string{"/bin/sh"}, Command: []string{"-c", "true"},
		Environment: []ecs.KeyValue{{Name: "AWS_REGION", Value: "mine"}, {Name: "A", Value: "1"}},
		User:        "1:2", WorkingDirectory: "/w", ReadonlyRootFilesystem: ptr(true), Interactive: ptr(true), PseudoTerminal: ptr(true),
		DockerLabels: map[string]string{"l": "v"}, Ulimits: []ecs.Ulimit{{Name: "nofile", Soft: 1, Hard: 2}},
		SystemControls: []ecs.SystemControl{{Namespace: "net.core.somaxconn", Value: "9"}},
		DependsOn:      []ecs.ContainerDependency{{ContainerName: "other", Condition: ecs.ConditionHealthy}},
		StartTimeout:   ptr(5), StopTimeout: ptr(0),
		HealthCheck:   &ecs.HealthCheck{Command: []string{"CMD", "x"}, Interval: 1, Timeout: 2, Retries: 3, StartPeriod: ptr(4)},
		RestartPolicy: &ecs.RestartPolicy{Enabled: true, IgnoredExitCodes: []int{0}},
		LogConfiguration: &ecs.LogConfiguration{LogDriver: "awslogs", Options: map[string]string{
			"awslogs-group": "/g", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p", "max-buffer-size": "1m",
		}},
		MountPoints: []ecs.MountPoint{{SourceVolume: "data", ContainerPath: "/d", ReadOnly: ptr(true)}},
		LinuxParameters: &ecs.LinuxParameters{
			Capabilities: &ecs.KernelCapabilities{Add: []string{"SYS_PTRACE"}, Drop: []string{"ALL"}}, InitProcessEnabled: ptr(true),
			Tmpfs: []ecs.Tmpfs{{ContainerPath: "/t", Size: 8, MountOptions: []string{"noexec"}}},
		},
	}
	over := ecs.TaskOverrides{Containers: []ecs.ContainerOverride{{Name: "main", Command: []string{"-c", "false"}, Memory: ptr(30)}}}
	got := build(ecs.Task{Overrides: over}, ecs.TaskDefinition{Containers: []ecs.ContainerDefinition{c}}).Containers[0]
	want := runtime.Container{
		Name: "main", Image: "busybox", Digest: "sha256:1", Command: []string{"-c", "false"}, EntryPoint: []string{"/bin/sh"},
		Environment: []runtime.EnvVar{
			{Name: "AWS_EXECUTION_ENV", Value: "AWS_ECS_FARGATE"}, {Name: "AWS_DEFAULT_REGION", Value: "eu-west-1"},
			{Name: "AWS_REGION", Value: "mine"}, {Name: "A", Value: "1"},
		},
		User: "1:2", WorkingDirectory: "/w", ReadonlyRootFilesystem: true, Init: true, TTY: true, Interactive: true,
		AddCapabilities: []string{"SYS_PTRACE"}, DropCapabilities: []string{"ALL"},
		Ulimits: []runtime.Ulimit{{Name: "nofile", Soft: 1, Hard: 2}},
		Tmpfs:   []runtime.Tmpfs{{Path: "/t", SizeMiB: 8, Options: []string{"noexec"}}},
		Sysctls: map[string]string{"net.core.somaxconn": "9"}, Labels: map[string]string{"l": "v"},
		Mounts:    []runtime.Mount{{Volume: "data", Path: "/d", ReadOnly: true}},
		CPUShares: 10, Memory: 30, MemoryReservation: 15, Essential: true,
		DependsOn:    []runtime.Dependency{{Container: "other", Condition: runtime.Healthy}},
		StartTimeout: 5 * time.Second, StopTimeout: 0,
		HealthCheck:   &runtime.HealthCheck{Command: []string{"CMD", "x"}, Interval: time.Second, Timeout: 2 * time.Second, Retries: 3, StartPeriod: 4 * time.Second},
		RestartPolicy: &runtime.RestartPolicy{IgnoredExitCodes: []int{0}, AttemptPeriod: 300 * time.Second},
		Log: runtime.LogSink{
			Stream: "arn:aws:logs:us-east-1:123456789012:log-group:/g:log-stream:p/main/0123", Buffer: 1 << 20,
		},
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
}

func TestVolumesFromOthers(t *testing.T) {
	mount := func(volume string) []ecs.MountPoint {
		return []ecs.MountPoint{{SourceVolume: volume, ContainerPath: "/" + volume}}
	}
	d := ecs.TaskDefinition{Containers: []ecs.ContainerDefinition{
		{Name: "a", MountPoints: mount("one"), VolumesFrom: []ecs.VolumeFrom{{SourceContainer: "b", ReadOnly: ptr(true)}}},
		{Name: "b", MountPoints: mount("two"), VolumesFrom: []ecs.VolumeFrom{{SourceContainer: "c"}}},
		{Name: "c", MountPoints: mount("three"), VolumesFrom: []ecs.VolumeFrom{{SourceContainer: "a"}, {SourceContainer: "nobody"}}},
	}}
	want := []runtime.Mount{{Volume: "one", Path: "/one"}, {Volume: "two", Path: "/two", ReadOnly: true}, {Volume: "three", Path: "/three", ReadOnly: true}}
	if diff := cmp.Diff(want, mounts(&d, d.Containers[0])); diff != "" {
		t.Error(diff)
	}
}

// TestManyVolumesFrom is a definition whose paths through volumesFrom are
// more than any machine could hold.
func TestManyVolumesFrom(t *testing.T) {
	var d ecs.TaskDefinition
	for i := range 10 {
		c := ecs.ContainerDefinition{
			Name:        string(rune('a' + i)),
			MountPoints: []ecs.MountPoint{{SourceVolume: "v", ContainerPath: "/shared/."}, {SourceVolume: "v", ContainerPath: "/" + string(rune('a'+i))}},
		}
		for range 100 {
			for _, other := range d.Containers {
				c.VolumesFrom = append(c.VolumesFrom, ecs.VolumeFrom{SourceContainer: other.Name})
			}
		}
		d.Containers = append(d.Containers, c)
	}
	if n := len(mounts(&d, d.Containers[9])); n != 11 {
		t.Errorf("%d mounts; want the shared path once and ten others", n)
	}
}

func TestHealthChecksAndPoliciesThatAreOff(t *testing.T) {
	if healthCheck(nil) != nil || healthCheck(&ecs.HealthCheck{Command: []string{"NONE"}}) != nil {
		t.Error("a health check of nothing")
	}
	if restartPolicy(nil) != nil || restartPolicy(&ecs.RestartPolicy{}) != nil {
		t.Error("a restart policy that is off")
	}
}

// The server's variables come beside a container's, and never instead.
func TestBeside(t *testing.T) {
	more := []ecs.KeyValue{{Name: "AWS_ENDPOINT_URL", Value: "http://api"}, {Name: "B", Value: "server's"}}
	got := beside(more, []runtime.EnvVar{{Name: "A", Value: "1"}, {Name: "AWS_ENDPOINT_URL", Value: ""}})
	want := []runtime.EnvVar{{Name: "A", Value: "1"}, {Name: "AWS_ENDPOINT_URL", Value: ""}, {Name: "B", Value: "server's"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

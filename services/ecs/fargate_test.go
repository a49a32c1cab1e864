package ecs

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws"
)

var testScope = aws.Scope{Account: "000000000000", Region: "eu-west-1"}

func ptr[T any](v T) *T { return &v }

// goodDefinition uses every field in a way that Fargate takes.
func goodDefinition() *TaskDefinition {
	return &TaskDefinition{
		Scope: testScope, Family: "web", NetworkMode: "awsvpc", CPU: 512, Memory: 1024,
		RequiresCompatibilities: []string{"FARGATE"}, EphemeralStorage: 30,
		ExecutionRoleARN: "arn:aws:iam::000000000000:role/exec",
		RuntimePlatform:  &RuntimePlatform{CPUArchitecture: "X86_64", OperatingSystemFamily: "LINUX"},
		Volumes:          []Volume{{Name: "data", HasHost: true}},
		Containers: []ContainerDefinition{
			{
				Name: "app", Image: "nginx:1", Essential: true, CPU: 256, Memory: 512, MemoryReservation: 128,
				PortMappings: []PortMapping{
					{ContainerPort: 80, HostPort: 80, Protocol: "tcp", Name: "http", AppProtocol: "http"},
					{ContainerPort: 80, HostPort: 80, Protocol: "udp"},
					{ContainerPortRange: "9000-9010", Protocol: "tcp"},
				},
				Environment: []KeyValue{{"A", "1"}},
				MountPoints: []MountPoint{{SourceVolume: "data", ContainerPath: "/data"}},
				DependsOn:   []ContainerDependency{{"init", ConditionSuccess}, {"side", ConditionHealthy}},
				StopTimeout: ptr(120), StartTimeout: ptr(2),
				LogConfiguration: &LogConfiguration{LogDriver: "awslogs", Options: map[string]string{
					"awslogs-group": "g", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "p", "mode": "non-blocking",
				}},
			},
			{Name: "init", Image: "busybox", VolumesFrom: nil, RestartPolicy: &RestartPolicy{Enabled: true, IgnoredExitCodes: []int{0}, RestartAttemptPeriod: ptr(60)}},
			{
				Name: "side", Image: "busybox", Essential: true,
				VolumesFrom: []VolumeFrom{{SourceContainer: "init"}},
				HealthCheck: &HealthCheck{Command: []string{"CMD", "true"}, Interval: 5, Timeout: 2, Retries: 1, StartPeriod: ptr(0)},
				LinuxParameters: &LinuxParameters{
					Capabilities: &KernelCapabilities{Add: []string{"SYS_PTRACE"}, Drop: []string{"ALL"}},
					Tmpfs:        []Tmpfs{{ContainerPath: "/tmp", Size: 1, MountOptions: []string{"noexec", "mode=1777"}}},
				},
				Ulimits:        []Ulimit{{"nofile", 1024, 65535}, {"memlock", -1, -1}},
				SystemControls: []SystemControl{{"net.core.somaxconn", "1024"}, {"kernel.shmmax", "1"}, {"fs.mqueue.msg_max", "9"}},
			},
		},
	}
}

func TestGoodDefinition(t *testing.T) {
	if err := CheckFargate(goodDefinition()); err != nil {
		t.Fatal(err)
	}
}

// refusal is a change that makes the good definition bad; the error must hold every word.
type refusal struct {
	name   string
	change func(d *TaskDefinition)
	words  []string
}

func checkRefusals(t *testing.T, cases []refusal) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := goodDefinition()
			c.change(d)
			err := CheckFargate(d)
			var e *aws.Error
			if !errors.As(err, &e) || e.Code != "ClientException" || e.HTTPStatus() != 400 {
				t.Fatalf("error %v; want a ClientException", err)
			}
			for _, word := range c.words {
				if !strings.Contains(e.Message, word) {
					t.Errorf("message %q lacks %q", e.Message, word)
				}
			}
		})
	}
}

func TestTaskRefusals(t *testing.T) {
	checkRefusals(t, []refusal{
		{"no family", func(d *TaskDefinition) { d.Family = "" }, []string{"Family should not be null or empty."}},
		{"bad family", func(d *TaskDefinition) { d.Family = "a b" }, []string{"Family contains invalid characters."}},
		{"unknown compatibility", func(d *TaskDefinition) { d.RequiresCompatibilities = []string{"FARGATE", "MOON"} }, []string{"requiresCompatibilities", "MOON"}},
		{"EC2 only", func(d *TaskDefinition) { d.RequiresCompatibilities = []string{"EC2"} }, []string{"requiresCompatibilities", "FARGATE"}},
		{"external too", func(d *TaskDefinition) { d.RequiresCompatibilities = []string{"FARGATE", "EXTERNAL"} }, []string{"requiresCompatibilities", "EXTERNAL"}},
		{"bridge", func(d *TaskDefinition) { d.NetworkMode = "bridge" }, []string{"network mode ‘awsvpc’"}},
		{"no mode", func(d *TaskDefinition) { d.NetworkMode = "" }, []string{"network mode ‘awsvpc’"}},
		{"no cpu", func(d *TaskDefinition) { d.CPU = 0 }, []string{"Fargate requires that 'cpu' be defined at the task level."}},
		{"no memory", func(d *TaskDefinition) { d.Memory = 0 }, []string{"'memory'"}},
		{"no such size", func(d *TaskDefinition) { d.Memory = 8192 }, []string{"No Fargate configuration exists for given values", "512 CPU", "8192 memory"}},
		{"disk too small", func(d *TaskDefinition) { d.EphemeralStorage = 20 }, []string{"ephemeralStorage", "21", "200"}},
		{"disk too large", func(d *TaskDefinition) { d.EphemeralStorage = 201 }, []string{"ephemeralStorage"}},
		{"windows", func(d *TaskDefinition) { d.RuntimePlatform.OperatingSystemFamily = "WINDOWS_SERVER_2022_CORE" }, []string{"operatingSystemFamily"}},
		{"processor", func(d *TaskDefinition) { d.RuntimePlatform.CPUArchitecture = "RISCV" }, []string{"cpuArchitecture"}},
		{"volume name", func(d *TaskDefinition) { d.Volumes[0].Name = "a/b" }, []string{"Volume.name"}},
		{"volume twice", func(d *TaskDefinition) { d.Volumes = append(d.Volumes, d.Volumes[0]) }, []string{"volumes", "data"}},
		{"volume at launch", func(d *TaskDefinition) { d.Volumes[0].ConfiguredAtLaunch = ptr(true) }, []string{"configuredAtLaunch"}},
		{"no containers", func(d *TaskDefinition) { d.Containers = nil }, []string{"Container list cannot be empty."}},
		{"eleven containers", func(d *TaskDefinition) {
			d.Containers = nil
			for i := range 11 {
				d.Containers = append(d.Containers, ContainerDefinition{Name: fmt.Sprint("c", i), Image: "i", Essential: true})
			}
		}, []string{"containerDefinitions", "10"}},
		{"container twice", func(d *TaskDefinition) { d.Containers[1].Name = "app" }, []string{"app", "more than once"}},
		{"nothing essential", func(d *TaskDefinition) {
			for i := range d.Containers {
				d.Containers[i].Essential = false
			}
		}, []string{"essential"}},
		{"cpu sum", func(d *TaskDefinition) { d.Containers[1].CPU = 257 }, []string{"sum of all container 'cpu'"}},
		{"memory sum", func(d *TaskDefinition) { d.Containers[1].Memory = 900 }, []string{"sum of all container 'memory'"}},
		{"memory of one", func(d *TaskDefinition) { d.Containers[0].Memory = 1025 }, []string{"The 'memory' setting for container 'app' is greater than for the task."}},
		{"logs without role", func(d *TaskDefinition) { d.ExecutionRoleARN = "" }, []string{"execution role ARN", "awslogs"}},
	})
}

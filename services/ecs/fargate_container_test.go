package ecs

import (
	"strings"
	"testing"
)

// app changes the good definition's first container, side its third.
func app(change func(c *ContainerDefinition)) func(*TaskDefinition) {
	return func(d *TaskDefinition) { change(&d.Containers[0]) }
}

func side(change func(c *ContainerDefinition)) func(*TaskDefinition) {
	return func(d *TaskDefinition) { change(&d.Containers[2]) }
}

func TestContainerRefusals(t *testing.T) {
	checkRefusals(t, []refusal{
		{"no name", app(func(c *ContainerDefinition) { c.Name = "" }), []string{"Container.name should not be null or empty."}},
		{"bad name", app(func(c *ContainerDefinition) { c.Name = "a.b" }), []string{"Container.name contains invalid characters."}},
		{"long name", app(func(c *ContainerDefinition) { c.Name = strings.Repeat("a", 256) }), []string{"Container.name"}},
		{"no image", app(func(c *ContainerDefinition) { c.Image = "" }), []string{"Container.image should not be null or empty."}},
		{"bad image", app(func(c *ContainerDefinition) { c.Image = "a b" }), []string{"Container.image contains invalid characters."}},
		{"consistency", app(func(c *ContainerDefinition) { c.VersionConsistency = "maybe" }), []string{"versionConsistency"}},
		{"privileged", app(func(c *ContainerDefinition) { c.Privileged = ptr(true) }), []string{"privileged", "app"}},
		{"no network", app(func(c *ContainerDefinition) { c.DisableNetworking = ptr(true) }), []string{"disableNetworking"}},
		{"cpu", app(func(c *ContainerDefinition) { c.CPU = -1 }), []string{"'cpu'"}},
		{"memory", app(func(c *ContainerDefinition) { c.Memory = 3 }), []string{"'memory'", "4 MiB"}},
		{"reservation", app(func(c *ContainerDefinition) { c.MemoryReservation = -1 }), []string{"'memoryReservation'"}},
		{"reservation above limit", app(func(c *ContainerDefinition) { c.MemoryReservation = 513 }), []string{"'memory'", "'memoryReservation'"}},
		{"variable without name", app(func(c *ContainerDefinition) { c.Environment[0].Name = "" }), []string{"environment"}},
		{"NUL in variable", app(func(c *ContainerDefinition) { c.Environment[0].Value = "a\x00b" }), []string{"environment", "NUL"}},
		{"NUL in command", app(func(c *ContainerDefinition) { c.Command = []string{"a\x00b"} }), []string{"command", "NUL"}},
		{"label without key", app(func(c *ContainerDefinition) { c.DockerLabels = map[string]string{"": "v"} }), []string{"dockerLabels"}},
		{"unknown volume", app(func(c *ContainerDefinition) { c.MountPoints[0].SourceVolume = "nope" }), []string{"Unknown volume 'nope'."}},
		{"relative mount", app(func(c *ContainerDefinition) { c.MountPoints[0].ContainerPath = "data" }), []string{"containerPath"}},
		{"mount twice", app(func(c *ContainerDefinition) {
			c.MountPoints = append(c.MountPoints, MountPoint{SourceVolume: "data", ContainerPath: "/data/."})
		}), []string{"containerPath", "more than once"}},
		{"mount at the root", app(func(c *ContainerDefinition) { c.MountPoints[0].ContainerPath = "/data/.." }), []string{"mountPoints", "below the root"}},
		{"mount under tmpfs", side(func(c *ContainerDefinition) {
			c.MountPoints = []MountPoint{{SourceVolume: "data", ContainerPath: "/tmp/"}}
		}), []string{"tmpfs", "more than once"}},
		{"own volumes", side(func(c *ContainerDefinition) { c.VolumesFrom[0].SourceContainer = "side" }), []string{"volumesFrom"}},
		{"volumes of nobody", side(func(c *ContainerDefinition) { c.VolumesFrom[0].SourceContainer = "nobody" }), []string{"volumesFrom", "nobody"}},
	})
}

func TestPortRefusals(t *testing.T) {
	port := func(change func(p *PortMapping)) func(*TaskDefinition) {
		return app(func(c *ContainerDefinition) { change(&c.PortMappings[0]) })
	}
	checkRefusals(t, []refusal{
		{"host port", port(func(p *PortMapping) { p.HostPort = 8080 }), []string{"When networkMode=awsvpc, the host ports and container ports in port mappings must match."}},
		{"no port", port(func(p *PortMapping) { p.ContainerPort = 0 }), []string{"containerPort"}},
		{"large port", port(func(p *PortMapping) { p.ContainerPort, p.HostPort = 65536, 65536 }), []string{"containerPort"}},
		{"protocol", port(func(p *PortMapping) { p.Protocol = "icmp" }), []string{"protocol"}},
		{"name", port(func(p *PortMapping) { p.Name = "-web" }), []string{"name"}},
		{"capital name", port(func(p *PortMapping) { p.Name = "Web" }), []string{"name"}},
		{"app protocol", port(func(p *PortMapping) { p.AppProtocol = "ftp" }), []string{"appProtocol"}},
		{"app protocol of udp", port(func(p *PortMapping) { p.Protocol = "udp" }), []string{"appProtocol"}},
		{"port twice", port(func(p *PortMapping) { p.ContainerPort, p.HostPort = 9005, 9005 }), []string{"one port mapping"}},
		{"name twice", app(func(c *ContainerDefinition) { c.PortMappings[1].Name = "http" }), []string{"http", "more than once"}},
		{"range with port", app(func(c *ContainerDefinition) { c.PortMappings[2].ContainerPort = 9000 }), []string{"containerPortRange"}},
		{"range backwards", app(func(c *ContainerDefinition) { c.PortMappings[2].ContainerPortRange = "10-9" }), []string{"containerPortRange"}},
	})
}

func FuzzParsePortRange(f *testing.F) {
	for _, s := range []string{"1-65535", "80-80", "-", "a-b", "1-2-3", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if first, last, ok := ParsePortRange(s); ok && (first < 1 || first >= last || last > 65535) {
			t.Errorf("%q read as %d to %d", s, first, last)
		}
	})
}

func TestLifecycleRefusals(t *testing.T) {
	health := func(change func(h *HealthCheck)) func(*TaskDefinition) {
		return side(func(c *ContainerDefinition) { change(c.HealthCheck) })
	}
	restart := func(change func(p *RestartPolicy)) func(*TaskDefinition) {
		return func(d *TaskDefinition) { change(d.Containers[1].RestartPolicy) }
	}
	checkRefusals(t, []refusal{
		{"stop timeout", app(func(c *ContainerDefinition) { c.StopTimeout = ptr(121) }), []string{"stopTimeout", "120"}},
		{"negative stop timeout", app(func(c *ContainerDefinition) { c.StopTimeout = ptr(-1) }), []string{"stopTimeout"}},
		{"start timeout", app(func(c *ContainerDefinition) { c.StartTimeout = ptr(121) }), []string{"startTimeout"}},
		{"short start timeout", app(func(c *ContainerDefinition) { c.StartTimeout = ptr(1) }), []string{"startTimeout"}},
		{"no health command", health(func(h *HealthCheck) { h.Command = nil }), []string{"healthCheck", "command"}},
		{"only CMD", health(func(h *HealthCheck) { h.Command = []string{"CMD"} }), []string{"healthCheck", "command"}},
		{"bare command", health(func(h *HealthCheck) { h.Command = []string{"true", "x"} }), []string{"CMD-SHELL"}},
		{"interval", health(func(h *HealthCheck) { h.Interval = 4 }), []string{"interval", "5", "300"}},
		{"timeout", health(func(h *HealthCheck) { h.Timeout = 61 }), []string{"timeout", "2", "60"}},
		{"retries", health(func(h *HealthCheck) { h.Retries = 11 }), []string{"retries", "1", "10"}},
		{"start period", health(func(h *HealthCheck) { h.StartPeriod = ptr(301) }), []string{"startPeriod", "300"}},
		{"codes when off", restart(func(p *RestartPolicy) { p.Enabled = false }), []string{"restartPolicy", "enabled"}},
		{"many codes", restart(func(p *RestartPolicy) { p.IgnoredExitCodes = make([]int, 51) }), []string{"ignoredExitCodes", "50"}},
		{"bad code", restart(func(p *RestartPolicy) { p.IgnoredExitCodes = []int{256} }), []string{"ignoredExitCodes"}},
		{"short period", restart(func(p *RestartPolicy) { p.RestartAttemptPeriod = ptr(59) }), []string{"restartAttemptPeriod", "60", "1800"}},
		{"long period", restart(func(p *RestartPolicy) { p.RestartAttemptPeriod = ptr(1801) }), []string{"restartAttemptPeriod"}},
	})
}

func TestDependencyRefusals(t *testing.T) {
	on := func(name string, condition DependencyCondition) func(*TaskDefinition) {
		return app(func(c *ContainerDefinition) { c.DependsOn = []ContainerDependency{{name, condition}} })
	}
	checkRefusals(t, []refusal{
		{"unknown", on("nobody", ConditionStart), []string{"dependsOn", "nobody"}},
		{"itself", on("app", ConditionStart), []string{"cycle", "app"}},
		{"condition", on("init", "DONE"), []string{"dependsOn", "DONE"}},
		{"no health check", on("init", ConditionHealthy), []string{"HEALTHY", "health check", "init"}},
		{"essential complete", on("side", ConditionComplete), []string{"A dependency container with SUCCESS or COMPLETE condition cannot be an essential container"}},
		{"essential success", on("side", ConditionSuccess), []string{"essential container"}},
		{"circle", side(func(c *ContainerDefinition) { c.DependsOn = []ContainerDependency{{"app", ConditionStart}} }), []string{"cycle"}},
		{"circle through volumes", func(d *TaskDefinition) {
			d.Containers[1].DependsOn = []ContainerDependency{{"side", ConditionStart}}
		}, []string{"cycle"}},
	})
}

func TestLinuxRefusals(t *testing.T) {
	linux := func(change func(l *LinuxParameters)) func(*TaskDefinition) {
		return side(func(c *ContainerDefinition) { change(c.LinuxParameters) })
	}
	checkRefusals(t, []refusal{
		{"capability", linux(func(l *LinuxParameters) { l.Capabilities.Add = []string{"NET_ADMIN"} }), []string{"SYS_PTRACE", "NET_ADMIN"}},
		{"drop unknown", linux(func(l *LinuxParameters) { l.Capabilities.Drop = []string{"FLYING"} }), []string{"FLYING"}},
		{"tmpfs path", linux(func(l *LinuxParameters) { l.Tmpfs[0].ContainerPath = "tmp" }), []string{"tmpfs"}},
		{"tmpfs size", linux(func(l *LinuxParameters) { l.Tmpfs[0].Size = 0 }), []string{"tmpfs", "1 MiB"}},
		{"tmpfs option", linux(func(l *LinuxParameters) { l.Tmpfs[0].MountOptions = []string{"size=9"} }), []string{"size=9"}},
		{"tmpfs option without value", linux(func(l *LinuxParameters) { l.Tmpfs[0].MountOptions = []string{"mode="} }), []string{"mode="}},
		{"tmpfs twice", linux(func(l *LinuxParameters) { l.Tmpfs = append(l.Tmpfs, l.Tmpfs[0]) }), []string{"tmpfs", "more than once"}},
		{"ulimit name", side(func(c *ContainerDefinition) { c.Ulimits[0].Name = "files" }), []string{"ulimits", "files"}},
		{"ulimit twice", side(func(c *ContainerDefinition) { c.Ulimits[1].Name = "nofile" }), []string{"ulimits", "nofile"}},
		{"ulimit order", side(func(c *ContainerDefinition) { c.Ulimits[0].Soft = 65536 }), []string{"softLimit", "nofile"}},
		{"ulimit negative", side(func(c *ContainerDefinition) { c.Ulimits[0].Soft = -2 }), []string{"nofile"}},
		{"ulimit unlimited soft", side(func(c *ContainerDefinition) { c.Ulimits[0].Soft = -1 }), []string{"softLimit"}},
		{"sysctl", side(func(c *ContainerDefinition) { c.SystemControls[0].Namespace = "kernel.panic" }), []string{"systemControls", "kernel.panic"}},
		{"sysctl pattern", side(func(c *ContainerDefinition) { c.SystemControls[0].Namespace = "net.*" }), []string{"net.*"}},
		{"sysctl path", side(func(c *ContainerDefinition) { c.SystemControls[0].Namespace = "net./../../kernel/panic" }), []string{"systemControls"}},
		{"sysctl value", side(func(c *ContainerDefinition) { c.SystemControls[0].Value = "" }), []string{"net.core.somaxconn"}},
	})
}

func TestLogRefusals(t *testing.T) {
	log := func(change func(l *LogConfiguration)) func(*TaskDefinition) {
		return app(func(c *ContainerDefinition) { change(c.LogConfiguration) })
	}
	checkRefusals(t, []refusal{
		{"driver", log(func(l *LogConfiguration) { l.LogDriver = "splunk" }), []string{"log driver 'splunk'", "awslogs"}},
		{"missing", log(func(l *LogConfiguration) { l.Options = nil }), []string{"Log driver awslogs requires options: awslogs-group, awslogs-region, awslogs-stream-prefix"}},
		{"unknown", log(func(l *LogConfiguration) { l.Options["colour"] = "red" }), []string{"Log driver awslogs disallows options: colour"}},
		{"mode", log(func(l *LogConfiguration) { l.Options["mode"] = "lazy" }), []string{"mode", "lazy"}},
	})
}

package ecsctl

import (
	"path"
	"slices"
	"time"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
)

// Fargate's defaults (ECS API Reference, "ContainerDefinition", "HealthCheck",
// "ContainerRestartPolicy"; Developer Guide, "Task definition parameters for Fargate").
const (
	defaultStopTimeout   = 30 * time.Second
	defaultAttemptPeriod = 300 * time.Second
	defaultFiles         = 65535
)

// buildSpec writes down the task for the runtime, with nothing left to decide.
// digests is by container.
func buildSpec(t *ecs.Task, d *ecs.TaskDefinition, eni *ec2.NetworkInterface, names ec2.NameService, netns string, digests map[string]string) runtime.Spec {
	spec := runtime.Spec{
		ID:               t.ID,
		NetworkNamespace: netns,
		Hostname:         eni.PrivateDNSName(),
		Address:          eni.Address,
		Nameservers:      names.Servers,
		SearchDomains:    names.Search,
		CPU:              t.CPU,
		Memory:           t.Memory,
	}
	for _, v := range d.Volumes {
		spec.Volumes = append(spec.Volumes, runtime.Volume{Name: v.Name})
	}
	for _, c := range d.Containers {
		c = t.Overrides.Container(c.Name).Apply(c)
		spec.Containers = append(spec.Containers, buildContainer(t, d, c, digests[c.Name]))
	}
	return spec
}

// buildContainer writes down one container; overrides are in c already.
func buildContainer(t *ecs.Task, d *ecs.TaskDefinition, c ecs.ContainerDefinition, digest string) runtime.Container {
	r := runtime.Container{
		Name: c.Name, Image: c.Image, Digest: digest,
		Command: c.Command, EntryPoint: c.EntryPoint,
		Environment:            environment(t, c),
		User:                   c.User,
		WorkingDirectory:       c.WorkingDirectory,
		ReadonlyRootFilesystem: ecs.Bool(c.ReadonlyRootFilesystem),
		TTY:                    ecs.Bool(c.PseudoTerminal),
		Interactive:            ecs.Bool(c.Interactive),
		Labels:                 c.DockerLabels,
		Ulimits:                ulimits(c.Ulimits),
		Mounts:                 mounts(d, c),
		CPUShares:              c.CPU,
		Memory:                 c.Memory,
		MemoryReservation:      c.MemoryReservation,
		Essential:              c.Essential,
		StartTimeout:           seconds(c.StartTimeout, 0),
		StopTimeout:            seconds(c.StopTimeout, defaultStopTimeout),
		HealthCheck:            healthCheck(c.HealthCheck),
		RestartPolicy:          restartPolicy(c.RestartPolicy),
		Log:                    logSink(t, c),
	}
	for _, dep := range c.DependsOn {
		r.DependsOn = append(r.DependsOn, runtime.Dependency{
			Container: dep.ContainerName, Condition: runtime.Condition(dep.Condition),
		})
	}
	if len(c.SystemControls) > 0 {
		r.Sysctls = map[string]string{}
		for _, s := range c.SystemControls {
			r.Sysctls[s.Namespace] = s.Value
		}
	}
	if l := c.LinuxParameters; l != nil {
		r.Init = ecs.Bool(l.InitProcessEnabled)
		if l.Capabilities != nil {
			r.AddCapabilities, r.DropCapabilities = l.Capabilities.Add, l.Capabilities.Drop
		}
		for _, f := range l.Tmpfs {
			r.Tmpfs = append(r.Tmpfs, runtime.Tmpfs{Path: f.ContainerPath, SizeMiB: f.Size, Options: f.MountOptions})
		}
	}
	return r
}

// environment puts what Fargate gives to every container below the definition's.
func environment(t *ecs.Task, c ecs.ContainerDefinition) []runtime.EnvVar {
	vars := ecs.MergeEnvironment([]ecs.KeyValue{
		{Name: "AWS_EXECUTION_ENV", Value: "AWS_ECS_FARGATE"},
		{Name: "AWS_DEFAULT_REGION", Value: t.Scope.Region},
		{Name: "AWS_REGION", Value: t.Scope.Region},
	}, c.Environment)
	out := make([]runtime.EnvVar, len(vars))
	for i, v := range vars {
		out[i] = runtime.EnvVar(v)
	}
	return out
}

// beside adds variables to those of a container that has none of the names.
func beside(more []ecs.KeyValue, vars []runtime.EnvVar) []runtime.EnvVar {
	for _, v := range more {
		if !slices.ContainsFunc(vars, func(have runtime.EnvVar) bool { return have.Name == v.Name }) {
			vars = append(vars, runtime.EnvVar(v))
		}
	}
	return vars
}

// ulimits gives Fargate's number of open files to who doesn't name one.
func ulimits(in []ecs.Ulimit) []runtime.Ulimit {
	out := make([]runtime.Ulimit, 0, len(in)+1)
	files := false
	for _, u := range in {
		files = files || u.Name == "nofile"
		out = append(out, runtime.Ulimit{Name: u.Name, Soft: int64(u.Soft), Hard: int64(u.Hard)})
	}
	if !files {
		out = append(out, runtime.Ulimit{Name: "nofile", Soft: defaultFiles, Hard: defaultFiles})
	}
	return out
}

// mounts lists a container's own mount points and those that it takes from
// others, directly or through them. The first to claim a path has it, and each
// container counts once: the list is no longer than the definition.
func mounts(d *ecs.TaskDefinition, c ecs.ContainerDefinition) []runtime.Mount {
	var out []runtime.Mount
	visited, claimed := map[string]bool{}, map[string]bool{}
	var visit func(c ecs.ContainerDefinition, readOnly bool)
	visit = func(c ecs.ContainerDefinition, readOnly bool) {
		if visited[c.Name] {
			return
		}
		visited[c.Name] = true
		for _, m := range c.MountPoints {
			if claim := path.Clean(m.ContainerPath); !claimed[claim] {
				claimed[claim] = true
				out = append(out, runtime.Mount{Volume: m.SourceVolume, Path: m.ContainerPath, ReadOnly: readOnly || ecs.Bool(m.ReadOnly)})
			}
		}
		for _, from := range c.VolumesFrom {
			if source := d.Container(from.SourceContainer); source != nil {
				visit(*source, readOnly || ecs.Bool(from.ReadOnly))
			}
		}
	}
	visit(c, false)
	return out
}

func healthCheck(h *ecs.HealthCheck) *runtime.HealthCheck {
	if h == nil || len(h.Command) == 0 || h.Command[0] == "NONE" {
		return nil
	}
	return &runtime.HealthCheck{
		Command:     h.Command,
		Interval:    time.Duration(h.Interval) * time.Second,
		Timeout:     time.Duration(h.Timeout) * time.Second,
		Retries:     h.Retries,
		StartPeriod: seconds(h.StartPeriod, 0),
	}
}

func restartPolicy(p *ecs.RestartPolicy) *runtime.RestartPolicy {
	if p == nil || !p.Enabled {
		return nil
	}
	return &runtime.RestartPolicy{
		IgnoredExitCodes: p.IgnoredExitCodes,
		AttemptPeriod:    seconds(p.RestartAttemptPeriod, defaultAttemptPeriod),
	}
}

func seconds(n *int, otherwise time.Duration) time.Duration {
	if n == nil {
		return otherwise
	}
	return time.Duration(*n) * time.Second
}

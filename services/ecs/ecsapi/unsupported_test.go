package ecsapi

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws/wire"
)

// refusedMembers are the members of a task definition that are refused, by
// path, each with what gives it.
func refusedMembers() map[string]func(in *RegisterTaskDefinitionInput) {
	container := func(change func(c *ContainerDefinition)) func(*RegisterTaskDefinitionInput) {
		return func(in *RegisterTaskDefinitionInput) { change(&in.ContainerDefinitions[0]) }
	}
	linux := func(change func(l *LinuxParameters)) func(*RegisterTaskDefinitionInput) {
		return container(func(c *ContainerDefinition) { change(c.LinuxParameters) })
	}
	volume := func(change func(v *Volume)) func(*RegisterTaskDefinitionInput) {
		return func(in *RegisterTaskDefinitionInput) { change(&in.Volumes[0]) }
	}
	one, some := wire.Ptr[int32](1), []string{"x"}
	return map[string]func(in *RegisterTaskDefinitionInput){
		"PlacementConstraints": func(in *RegisterTaskDefinitionInput) {
			in.PlacementConstraints = make([]TaskDefinitionPlacementConstraint, 1)
		},
		"InferenceAccelerators": func(in *RegisterTaskDefinitionInput) { in.InferenceAccelerators = make([]InferenceAccelerator, 1) },
		"PidMode":               func(in *RegisterTaskDefinitionInput) { in.PidMode = wire.Ptr("task") },
		"IpcMode":               func(in *RegisterTaskDefinitionInput) { in.IpcMode = wire.Ptr("none") },
		"ProxyConfiguration":    func(in *RegisterTaskDefinitionInput) { in.ProxyConfiguration = &ProxyConfiguration{} },

		"Volumes.Host.SourcePath":            volume(func(v *Volume) { v.Host.SourcePath = wire.Ptr("/etc") }),
		"Volumes.DockerVolumeConfiguration":  volume(func(v *Volume) { v.DockerVolumeConfiguration = &DockerVolumeConfiguration{} }),
		"Volumes.EfsVolumeConfiguration":     volume(func(v *Volume) { v.EfsVolumeConfiguration = &EFSVolumeConfiguration{} }),
		"Volumes.S3filesVolumeConfiguration": volume(func(v *Volume) { v.S3filesVolumeConfiguration = &S3FilesVolumeConfiguration{} }),
		"Volumes.FsxWindowsFileServerVolumeConfiguration": volume(func(v *Volume) {
			v.FsxWindowsFileServerVolumeConfiguration = &FSxWindowsFileServerVolumeConfiguration{}
		}),

		"ContainerDefinitions.RepositoryCredentials": container(func(c *ContainerDefinition) { c.RepositoryCredentials = &RepositoryCredentials{} }),
		"ContainerDefinitions.Links":                 container(func(c *ContainerDefinition) { c.Links = some }),
		"ContainerDefinitions.EnvironmentFiles":      container(func(c *ContainerDefinition) { c.EnvironmentFiles = make([]EnvironmentFile, 1) }),
		"ContainerDefinitions.Secrets":               container(func(c *ContainerDefinition) { c.Secrets = make([]Secret, 1) }),
		"ContainerDefinitions.Hostname":              container(func(c *ContainerDefinition) { c.Hostname = wire.Ptr("h") }),
		"ContainerDefinitions.DnsServers":            container(func(c *ContainerDefinition) { c.DnsServers = some }),
		"ContainerDefinitions.DnsSearchDomains":      container(func(c *ContainerDefinition) { c.DnsSearchDomains = some }),
		"ContainerDefinitions.ExtraHosts":            container(func(c *ContainerDefinition) { c.ExtraHosts = make([]HostEntry, 1) }),
		"ContainerDefinitions.DockerSecurityOptions": container(func(c *ContainerDefinition) { c.DockerSecurityOptions = some }),
		"ContainerDefinitions.ResourceRequirements":  container(func(c *ContainerDefinition) { c.ResourceRequirements = make([]ResourceRequirement, 1) }),
		"ContainerDefinitions.FirelensConfiguration": container(func(c *ContainerDefinition) { c.FirelensConfiguration = &FirelensConfiguration{} }),
		"ContainerDefinitions.CredentialSpecs":       container(func(c *ContainerDefinition) { c.CredentialSpecs = some }),

		"ContainerDefinitions.LogConfiguration.SecretOptions":   container(func(c *ContainerDefinition) { c.LogConfiguration.SecretOptions = make([]Secret, 1) }),
		"ContainerDefinitions.LinuxParameters.Devices":          linux(func(l *LinuxParameters) { l.Devices = make([]Device, 1) }),
		"ContainerDefinitions.LinuxParameters.SharedMemorySize": linux(func(l *LinuxParameters) { l.SharedMemorySize = one }),
		"ContainerDefinitions.LinuxParameters.MaxSwap":          linux(func(l *LinuxParameters) { l.MaxSwap = one }),
		"ContainerDefinitions.LinuxParameters.Swappiness":       linux(func(l *LinuxParameters) { l.Swappiness = one }),
	}
}

// absent adds the paths of the members that v leaves out to paths, and those
// that it gives to given: a member of a list's elements counts as given when one gives it.
func absent(v reflect.Value, path string, paths, given map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		absent(v.Elem(), path, paths, given)
	case reflect.Slice:
		for i := range v.Len() {
			absent(v.Index(i), path, paths, given)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			member := strings.TrimPrefix(path+"."+v.Type().Field(i).Name, ".")
			if f := v.Field(i); f.IsNil() {
				paths[member] = true
			} else {
				given[member] = true
				absent(f, member, paths, given)
			}
		}
	}
}

// TestEveryMemberIsKeptOrRefused holds that there is no member that is taken
// and dropped: fullDefinition, which comes back whole, gives every one that
// isn't refused.
func TestEveryMemberIsKeptOrRefused(t *testing.T) {
	paths, given := map[string]bool{}, map[string]bool{}
	absent(reflect.ValueOf(fullDefinition()), "", paths, given)
	maps.DeleteFunc(paths, func(path string, _ bool) bool { return given[path] })
	got, want := slices.Sorted(maps.Keys(paths)), slices.Sorted(maps.Keys(refusedMembers()))
	if !slices.Equal(got, want) {
		t.Errorf("members left out of the full definition:\n%s\nmembers refused:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestRefusedMembers(t *testing.T) {
	w := newWorld(t)
	for path, give := range refusedMembers() {
		in := fullDefinition()
		give(in)
		_, err := w.RegisterTaskDefinition(w.ctx, in)
		name := path[strings.LastIndexByte(path, '.')+1:]
		w.refused(err, "ClientException", strings.ToLower(name[:1])+name[1:])
	}
	for _, give := range []func(in *RegisterTaskDefinitionInput){
		func(in *RegisterTaskDefinitionInput) { in.PidMode = wire.Ptr("host") },
		func(in *RegisterTaskDefinitionInput) { in.EnableFaultInjection = wire.Ptr(true) },
		func(in *RegisterTaskDefinitionInput) { in.Volumes[0].ConfiguredAtLaunch = wire.Ptr(true) },
		func(in *RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].Privileged = wire.Ptr(true) },
		func(in *RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].DisableNetworking = wire.Ptr(true) },
	} {
		in := fullDefinition()
		give(in)
		_, err := w.RegisterTaskDefinition(w.ctx, in)
		w.refused(err, "ClientException")
	}
	if n := len(list(w, &ListTaskDefinitionsInput{})); n != 0 {
		t.Errorf("refused requests left %d revisions", n)
	}
}

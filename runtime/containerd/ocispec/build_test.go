package ocispec

import (
	"errors"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	image "github.com/opencontainers/image-spec/specs-go/v1"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"pgregory.net/rapid"

	"kaimon.dev/kaimon/runtime"
)

// input is a small container on a machine without bounds.
func input() Input {
	return Input{
		Task:      runtime.Spec{ID: "t", Hostname: "host", Address: netip.MustParseAddr("10.0.0.1"), Volumes: []runtime.Volume{{Name: "v"}}},
		Container: runtime.Container{Name: "c"},
		Image:     image.ImageConfig{Entrypoint: []string{"entry"}, Cmd: []string{"cmd"}, Env: []string{"A=image", "B=image"}, WorkingDir: "/work"},
		User:      User{Home: "/root"},
		Rootfs:    "/rootfs", CgroupPath: "/kaimon/t/c", NetworkNamespace: "/netns",
		Hosts: "/t/hosts", Hostname: "/t/hostname", ResolvConf: "/t/resolv.conf", Init: "/init",
		VolumePath: func(name string) string { return "/t/volumes/" + name },
		Host:       Host{HardLimit: func(string) (int64, bool) { return 0, false }},
	}
}

func build(t *testing.T, in Input) *specs.Spec {
	t.Helper()
	spec, notes, err := Build(in)
	if err != nil || len(notes) > 0 {
		t.Fatalf("%v %v", notes, err)
	}
	return spec
}

func TestArgs(t *testing.T) {
	for _, tt := range []struct {
		entry, cmd, imageEntry, imageCmd []string
		init                             bool
		want                             string
	}{
		{imageEntry: []string{"e"}, imageCmd: []string{"c"}, want: "e c"},
		{imageEntry: []string{"e"}, imageCmd: []string{"c"}, cmd: []string{"x"}, want: "e x"},
		{imageEntry: []string{"e"}, imageCmd: []string{"c"}, entry: []string{"n"}, want: "n"},
		{imageEntry: []string{"e"}, imageCmd: []string{"c"}, entry: []string{"n"}, cmd: []string{"x"}, want: "n x"},
		{imageEntry: []string{"e"}, imageCmd: []string{"c"}, entry: []string{}, cmd: []string{"x"}, want: "x"},
		{imageCmd: []string{"c"}, init: true, want: "/dev/init -- c"},
		{want: ""},
		{imageEntry: []string{"e"}, entry: []string{}, want: ""},
	} {
		in := input()
		in.Image.Entrypoint, in.Image.Cmd = tt.imageEntry, tt.imageCmd
		in.Container.EntryPoint, in.Container.Command, in.Container.Init = tt.entry, tt.cmd, tt.init
		got, err := args(in)
		if strings.Join(got, " ") != tt.want || errors.Is(err, ErrNoCommand) != (tt.want == "") {
			t.Errorf("%+v: %v %v", tt, got, err)
		}
	}
}

func TestEnv(t *testing.T) {
	in := input()
	in.Container.Environment = []runtime.EnvVar{{Name: "B", Value: "1"}, {Name: "C", Value: "x=y"}, {Name: "B", Value: "2"}}
	got := build(t, in).Process.Env
	if !slices.Equal(got, []string{"PATH=" + defaultPath, "HOSTNAME=host", "A=image", "B=2", "C=x=y", "HOME=/root"}) {
		t.Errorf("got %q", got)
	}
	in.Container.Environment = []runtime.EnvVar{{Name: "HOME", Value: "/h"}, {Name: "PATH", Value: "/p"}}
	in.Container.TTY = true
	got = build(t, in).Process.Env
	if got[0] != "PATH=/p" || !slices.Contains(got, "HOME=/h") || !slices.Contains(got, "TERM=xterm") || slices.Contains(got, "HOME=/root") {
		t.Errorf("got %q", got)
	}
}

func TestCapabilities(t *testing.T) {
	for _, tt := range []struct{ add, drop, want string }{
		{"", "", strings.Join(defaultCapabilities, " ")},
		{"", "ALL", ""},
		{"SYS_PTRACE", "ALL", "CAP_SYS_PTRACE"},
		{"CHOWN", "CHOWN,ALL", "CAP_CHOWN"},
		{"ALL", "", strings.Join(defaultCapabilities, " ")},
		{"ALL", "CHOWN", strings.Join(slices.DeleteFunc(slices.Clone(defaultCapabilities), func(c string) bool { return c == "CAP_CHOWN" }), " ")},
	} {
		got, err := Capabilities(list(tt.add), list(tt.drop))
		if err != nil || strings.Join(got, " ") != tt.want {
			t.Errorf("add %q drop %q: %v %v", tt.add, tt.drop, got, err)
		}
	}
	for _, bad := range []string{"NOPE", "", "cap_chown"} {
		if _, err := Capabilities([]string{bad}, nil); err == nil {
			t.Errorf("%q was added", bad)
		}
		if _, err := Capabilities(nil, []string{bad}); err == nil {
			t.Errorf("%q was dropped", bad)
		}
	}
}

func list(s string) []string { return strings.FieldsFunc(s, func(r rune) bool { return r == ',' }) }

// TestCapabilitiesNeverGrow: whatever is wished, nothing comes that was neither
// a default nor added by name, and what is dropped and not added is gone.
func TestCapabilitiesNeverGrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wish := rapid.SliceOf(rapid.SampledFrom(append([]string{"ALL"}, known...)))
		add, drop := wish.Draw(t, "add"), wish.Draw(t, "drop")
		got, err := Capabilities(add, drop)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range got {
			if !slices.Contains(defaultCapabilities, c) && !slices.Contains(add, c) {
				t.Fatalf("%s came from nowhere", c)
			}
			if slices.Contains(drop, c) && !slices.Contains(add, c) {
				t.Fatalf("%s was dropped and is there", c)
			}
		}
		if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Fatalf("%v", got)
		}
	})
}

// TestHardening holds what every container gets, whatever it asks for.
func TestHardening(t *testing.T) {
	in := input()
	in.Container.Labels = map[string]string{"run.oci.seccomp_bpf_data": ""}
	spec := build(t, in)
	if len(spec.Annotations) > 0 {
		t.Errorf("labels became annotations: %v", spec.Annotations)
	}
	if spec.Version != "1.0.2" {
		t.Errorf("version %s", spec.Version)
	}
	if s := spec.Linux.Seccomp; s == nil || s.DefaultAction != specs.ActErrno || len(s.Architectures) != 1 {
		t.Errorf("seccomp %+v", s)
	}
	if len(spec.Linux.MaskedPaths) == 0 || len(spec.Linux.ReadonlyPaths) == 0 {
		t.Error("nothing is masked")
	}
	if d := spec.Linux.Resources.Devices; len(d) != 1 || d[0].Allow {
		t.Errorf("devices %+v", d)
	}
	for _, ns := range spec.Linux.Namespaces {
		if (ns.Path != "") != (ns.Type == specs.NetworkNamespace) {
			t.Errorf("namespace %+v", ns)
		}
	}
	if len(spec.Linux.Namespaces) != 5 {
		t.Errorf("namespaces %+v", spec.Linux.Namespaces)
	}
	in.Host.Unified = true
	if n := build(t, in).Linux.Namespaces; n[len(n)-1].Type != specs.CgroupNamespace {
		t.Error("no cgroup namespace on v2")
	}
	in.User.UID = 1000
	if c := build(t, in).Process.Capabilities; len(c.Effective) != 0 || len(c.Permitted) != 0 || len(c.Bounding) == 0 {
		t.Errorf("a user's capabilities %+v", c)
	}
}

func TestMounts(t *testing.T) {
	in := input()
	in.Container.Init = true
	in.Container.Tmpfs = []runtime.Tmpfs{{Path: "/etc/x", SizeMiB: 3, Options: []string{"ro"}}}
	in.Container.Mounts = []runtime.Mount{{Volume: "v", Path: "/a/b/c"}, {Volume: "v", Path: "/etc", ReadOnly: true}}
	var got []string
	for _, m := range build(t, in).Mounts[7:] {
		got = append(got, m.Destination+" "+m.Source+" "+m.Options[len(m.Options)-1])
	}
	want := []string{
		"/dev/init /init ro", "/etc /t/volumes/v ro",
		"/etc/hosts /t/hosts rw", "/etc/hostname /t/hostname rw", "/etc/resolv.conf /t/resolv.conf rw", "/etc/x tmpfs ro",
		"/a/b/c /t/volumes/v rw",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
	in.Container.Mounts = []runtime.Mount{{Volume: "other", Path: "/a"}}
	if _, _, err := Build(in); err == nil {
		t.Error("another's volume was mounted")
	}
}

func TestResources(t *testing.T) {
	in := input()
	in.Container.CPUShares, in.Container.Memory, in.Container.MemoryReservation = 512, 64, 32
	in.Task.PidsLimit = 10
	r := build(t, in).Linux.Resources
	if *r.CPU.Shares != 512 || *r.Memory.Limit != 64<<20 || *r.Memory.Reservation != 32<<20 || r.Memory.Swap != nil || *r.Pids.Limit != 10 {
		t.Errorf("%+v %+v %+v", r.CPU, r.Memory, r.Pids)
	}
	in.Host.SwapLimit = true
	if r := build(t, in).Linux.Resources; *r.Memory.Swap != 64<<20 {
		t.Errorf("swap %d", *r.Memory.Swap)
	}
	in.Host.SwapLimit, in.Host.Unified = false, true
	spec := build(t, in)
	if m := spec.Linux.Resources.Memory; m.Swap != nil || *m.Limit != 64<<20 {
		t.Errorf("on cgroup v2: %+v", m)
	}
	if !slices.Contains(spec.Linux.Namespaces, specs.LinuxNamespace{Type: specs.CgroupNamespace}) {
		t.Error("on cgroup v2 a container sees the machine's groups")
	}
	in = input()
	r = build(t, in).Linux.Resources
	if *r.CPU.Shares != minShares || r.Memory != nil || *r.Pids.Limit != DefaultPidsLimit {
		t.Errorf("%+v %+v %+v", r.CPU, r.Memory, r.Pids)
	}
}

func TestUlimits(t *testing.T) {
	in := input()
	in.Container.Ulimits = []runtime.Ulimit{{Name: "nofile", Soft: 500, Hard: 1000}, {Name: "core", Soft: -1, Hard: -1}, {Name: "nproc", Soft: 50, Hard: 60}}
	in.Host.HardLimit = func(name string) (int64, bool) { return 100, name != "nproc" }
	spec, notes, err := Build(in)
	if err != nil || len(notes) != 2 {
		t.Fatalf("%v %v", notes, err)
	}
	want := []specs.POSIXRlimit{
		{Type: "RLIMIT_NOFILE", Soft: 100, Hard: 100}, {Type: "RLIMIT_CORE", Soft: 100, Hard: 100}, {Type: "RLIMIT_NPROC", Soft: 50, Hard: 60},
	}
	if !slices.Equal(spec.Process.Rlimits, want) {
		t.Errorf("got %+v", spec.Process.Rlimits)
	}
	in.Container.Ulimits = nil
	if spec, notes, err = Build(in); err != nil || len(notes) != 0 || spec.Process.Rlimits[0].Hard != 100 {
		t.Errorf("the default: %+v %v %v", spec.Process.Rlimits, notes, err)
	}
	in.Host.HardLimit = func(string) (int64, bool) { return 0, false }
	in.Container.Ulimits = []runtime.Ulimit{{Name: "core", Soft: -1, Hard: -1}}
	if l := build(t, in).Process.Rlimits; l[0].Hard != fargateNofile || l[1].Hard != ^uint64(0) {
		t.Errorf("without bound: %+v", l)
	}
}

func TestSmallThings(t *testing.T) {
	in := input()
	in.Container.WorkingDirectory, in.Container.ReadonlyRootFilesystem = "rel", true
	in.Task.Hostname = strings.Repeat("x", 100)
	in.User.Groups = []int{3}
	spec := build(t, in)
	if spec.Process.Cwd != "/rel" || !spec.Root.Readonly || len(spec.Hostname) != 64 || spec.Process.User.AdditionalGids[0] != 3 {
		t.Errorf("%+v %+v %s", spec.Process, spec.Root, spec.Hostname)
	}
	if cwd := build(t, input()).Process.Cwd; cwd != "/work" {
		t.Errorf("cwd %s", cwd)
	}
	if StopSignal("") != "SIGTERM" || StopSignal("SIGQUIT") != "SIGQUIT" {
		t.Error("stop signal")
	}
	if UserString(runtime.Container{}, image.ImageConfig{User: "i"}) != "i" || UserString(runtime.Container{User: "c"}, image.ImageConfig{User: "i"}) != "c" {
		t.Error("user")
	}
}

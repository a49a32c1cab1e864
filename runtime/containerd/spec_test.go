package containerd

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/containerd/ociarchive"
)

// TestInside runs containers and compares what they see of their own spec.
func TestInside(t *testing.T) {
	b := newBench(t)
	b.initPath = staticInit(t)
	for _, tt := range []struct {
		name   string
		change func(*runtime.Spec, *runtime.Container)
		script string
		want   string
	}{
		{name: "environment", script: "echo $FROM_IMAGE $A $HOSTNAME $HOME",
			change: func(_ *runtime.Spec, c *runtime.Container) {
				c.Environment = []runtime.EnvVar{{Name: "A", Value: "1"}, {Name: "A", Value: "2"}}
			}, want: "yes 2 ip-10-0-1-5.test /root"},
		{name: "user by name", script: "id -u; id -g; id -G; echo $HOME",
			change: func(_ *runtime.Spec, c *runtime.Container) { c.User = "alice" }, want: "1000\n1001\n1001 1002\n/home/alice"},
		{name: "user and group by name", script: "id -u; id -g",
			change: func(_ *runtime.Spec, c *runtime.Container) { c.User = "alice:extra" }, want: "1000\n1002"},
		{name: "user by number", script: "id -u; id -g",
			change: func(_ *runtime.Spec, c *runtime.Container) { c.User = "7:8" }, want: "7\n8"},
		{name: "working directory", script: "pwd",
			change: func(_ *runtime.Spec, c *runtime.Container) { c.WorkingDirectory = "/etc" }, want: "/etc"},
		{name: "process 1", script: "echo $$", want: "1"},
		{name: "init", script: "test $$ != 1 && cat /proc/1/comm",
			change: func(_ *runtime.Spec, c *runtime.Container) { c.Init = true }, want: "init"},
		{name: "readonly root", script: "touch /x 2>/dev/null || echo refused; touch /dev/shm/x && echo writable",
			change: func(_ *runtime.Spec, c *runtime.Container) { c.ReadonlyRootFilesystem = true }, want: "refused\nwritable"},
		{name: "ulimits", script: "ulimit -n; ulimit -Hn; ulimit -c",
			change: func(_ *runtime.Spec, c *runtime.Container) {
				c.Ulimits = []runtime.Ulimit{{Name: "nofile", Soft: 100, Hard: 200}, {Name: "core", Soft: 0, Hard: 0}}
			}, want: "100\n200\n0"},
		{name: "shared memory", script: "mount | grep ' /dev/shm ' | grep -o 'size=[0-9]*k'",
			change: func(_ *runtime.Spec, c *runtime.Container) { c.SharedMemorySize = 32 }, want: "size=32768k"},
		{name: "tmpfs", script: "mount | grep ' /scratch ' | grep -o 'size=[0-9]*k'; echo x > /scratch/x && cat /scratch/x",
			change: func(_ *runtime.Spec, c *runtime.Container) {
				c.Tmpfs = []runtime.Tmpfs{{Path: "/scratch", SizeMiB: 16}}
			}, want: "size=16384k\nx"},
		{name: "sysctl", script: "cat /proc/sys/net/ipv4/ip_default_ttl /proc/sys/kernel/msgmax",
			change: func(_ *runtime.Spec, c *runtime.Container) {
				c.Sysctls = map[string]string{"kernel.msgmax": "4096"}
			}, want: "64\n4096"},
		{name: "hostname", script: "hostname; cat /etc/hostname", want: "ip-10-0-1-5.test\nip-10-0-1-5.test"},
		{name: "hosts", script: "grep 10.0.1.5 /etc/hosts; cat /etc/resolv.conf",
			change: func(s *runtime.Spec, _ *runtime.Container) {
				s.Address = netip.MustParseAddr("10.0.1.5")
				s.Nameservers = []netip.Addr{netip.MustParseAddr("10.0.0.2")}
				s.SearchDomains = []string{"test"}
			}, want: "10.0.1.5 ip-10-0-1-5.test\nsearch test\nnameserver 10.0.0.2"},
		{name: "capabilities", script: "grep CapEff /proc/self/status | tr -d '\\t'", want: "CapEff:00000000a80425fb"},
		{name: "capability added", script: "grep CapEff /proc/self/status | tr -d '\\t'",
			change: func(_ *runtime.Spec, c *runtime.Container) {
				c.AddCapabilities, c.DropCapabilities = []string{"SYS_PTRACE"}, []string{"ALL"}
			}, want: "CapEff:0000000000080000"},
		{name: "seccomp", script: "grep Seccomp: /proc/self/status | tr -d '\\t'; unshare -U true 2>/dev/null || echo refused", want: "Seccomp:2\nrefused"},
		{name: "masked", script: "wc -c < /proc/timer_list; (echo 1 > /proc/sys/kernel/msgmax) 2>/dev/null || echo refused", want: "0\nrefused"},
		{name: "setuid programs work", script: "grep NoNewPrivs /proc/self/status | tr -d '\\t'", want: "NoNewPrivs:0"},
		{name: "terminal", script: "test -t 1 && echo terminal; echo $TERM",
			change: func(_ *runtime.Spec, c *runtime.Container) { c.TTY = true }, want: "terminal\r\nxterm"},
		{name: "no input", script: "cat; echo end", want: "end"},
		{name: "own cgroup", script: "cat /proc/self/cgroup | grep -c kaimon-" + b.opts.InstanceID + " | tr -d 0", want: ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b.in(t)
			spec := b.spec(tt.script)
			if tt.change != nil {
				tt.change(&spec, &spec.Containers[0])
			}
			exit, out := b.run(spec)
			if tt.name == "own cgroup" {
				if strings.TrimSpace(out) == "" {
					t.Error("the container is in no group of the instance")
				}
				return
			}
			if got := strings.TrimSpace(out); got != tt.want {
				t.Errorf("exit %+v, output %q, want %q", exit, got, tt.want)
			}
		})
	}
}

// TestVolumes shares a volume between two containers of a task.
func TestVolumes(t *testing.T) {
	b := newBench(t)
	spec := b.spec("echo shared > /data/x")
	spec.Volumes = []runtime.Volume{{Name: "v"}}
	spec.Containers[0].Mounts = []runtime.Mount{{Volume: "v", Path: "/data"}}
	reader := spec.Containers[0]
	reader.Name, reader.Command = "reader", []string{"cat /d/x; touch /d/y 2>/dev/null || echo refused"}
	reader.Mounts = []runtime.Mount{{Volume: "v", Path: "/d", ReadOnly: true}}
	spec.Containers = append(spec.Containers, reader)
	if exit, out := b.run(spec); exit.Code != 0 {
		t.Fatalf("%+v %s", exit, out)
	}
	if _, err := b.Start(t.Context(), spec, "reader", 0); err != nil {
		t.Fatal(err)
	}
	b.exit(spec.ID)
	spec.Containers[0].Name = "reader"
	if out := b.output(spec); !strings.HasPrefix(out, "shared\n") || !strings.HasSuffix(out, "refused\n") {
		t.Errorf("output %q", out)
	}
}

// TestDeclaredVolume has a volume begin with what the image has in its place,
// and stay as it is after that.
func TestDeclaredVolume(t *testing.T) {
	b := newBench(t)
	img := testImage(t)
	img.Name = "docker.io/kaimon/declares:latest"
	img.Config.Volumes = map[string]struct{}{"/data": {}, "/none": {}}
	img.Layers = append(img.Layers, ociarchive.Files(
		ociarchive.File{Path: "data/", Mode: 0o750}, ociarchive.File{Path: "data/from-image", Mode: 0o640, Text: "x"}))
	b.importImage(img)
	digest, err := b.EnsureImage(t.Context(), "kaimon/declares", nil)
	if err != nil {
		t.Fatal(err)
	}
	spec := b.spec("stat -c %a /data /data/*; rm /data/from-image; touch /data/own")
	spec.Volumes = []runtime.Volume{{Name: "v"}, {Name: "w"}}
	c := &spec.Containers[0]
	c.Digest = digest
	c.Mounts = []runtime.Mount{{Volume: "v", Path: "/data/"}, {Volume: "w", Path: "/none"}}
	if _, out := b.run(spec); out != "750\n640\n" {
		t.Errorf("at first %q", out)
	}
	c.Command = []string{"ls /data"}
	if _, err := b.Start(t.Context(), spec, "app", 1); err != nil {
		t.Fatal(err)
	}
	b.exit(spec.ID)
	if out := b.output(spec); out != "750\n640\nown\n" {
		t.Errorf("then %q", out)
	}
}

// TestVersion keeps the version that is reported and the one that is linked together.
func TestVersion(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(mod), "github.com/containerd/containerd/v2 v"+Version+"\n") {
		t.Errorf("go.mod has not %s", Version)
	}
}

// TestStartRefused says in ECS's words why a container can't be started.
func TestStartRefused(t *testing.T) {
	b := newBench(t)
	for _, tt := range []struct {
		name   string
		change func(*runtime.Container)
		want   string
	}{
		{"no such program", func(c *runtime.Container) { c.EntryPoint = []string{"/nothing"} }, "CannotStartContainerError: "},
		{"no such user", func(c *runtime.Container) { c.User = "nobody-known" }, "CannotStartContainerError: "},
		{"no such image", func(c *runtime.Container) { c.Digest = "sha256:" + strings.Repeat("0", 64) }, "CannotCreateContainerError: "},
		{"unknown capability", func(c *runtime.Container) { c.AddCapabilities = []string{"NOPE"} }, "CannotCreateContainerError: "},
		{"no such volume", func(c *runtime.Container) { c.Mounts = []runtime.Mount{{Volume: "v", Path: "/v"}} }, "CannotCreateContainerError: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b.in(t)
			spec := b.spec("true")
			tt.change(&spec.Containers[0])
			_, err := b.start(spec)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
			t.Log(err)
			if err := b.RemoveTask(t.Context(), spec.ID); err != nil {
				t.Error(err)
			}
		})
	}
}

// staticInit builds an init without the C library: the test binary, unlike the
// real one, may be linked against it.
func staticInit(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "init")
	cmd := exec.Command("go", "build", "-o", path, "./initproc/testdata")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

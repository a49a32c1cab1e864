package e2e

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"kaimon.dev/kaimon/test/images"
	"kaimon.dev/kaimon/test/live"
)

// engine is Docker's engine, from Debian's packages, not installed: it would
// start with the machine.
type engine struct {
	t      *testing.T
	root   string // of the packages
	dir    string
	socket string
}

// startEngine starts a Docker engine without networks, which ends with the test.
func startEngine(t *testing.T) *engine {
	t.Helper()
	cache, err := images.Cache()
	if err != nil {
		t.Fatal(err)
	}
	e := &engine{t: t, dir: t.TempDir()}
	if e.root, err = images.Docker(t.Context(), cache); err != nil {
		t.Fatal(err)
	}
	e.socket = filepath.Join(e.dir, "docker.sock")
	var log bytes.Buffer
	dockerd := e.command("dockerd", "--host", "unix://"+e.socket, "--data-root", filepath.Join(e.dir, "data"),
		"--exec-root", filepath.Join(e.dir, "exec"), "--pidfile", filepath.Join(e.dir, "pid"),
		"--iptables=false", "--ip-forward=false", "--bridge=none")
	dockerd.Stderr = &log
	if err := dockerd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = dockerd.Process.Signal(syscall.SIGTERM)
		_ = dockerd.Wait() // it says how it ended
		// It makes its folder a mount, and leaves it.
		_ = syscall.Unmount(filepath.Join(e.dir, "data"), syscall.MNT_DETACH)
		if t.Failed() {
			t.Log(log.String())
		}
	})
	for range 600 {
		if _, err := os.Stat(e.socket); !errors.Is(err, fs.ErrNotExist) && e.command("docker", "version").Run() == nil {
			return e
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the engine doesn't start: %s", log.String())
	return nil
}

// command is a program of the packages.
func (e *engine) command(name string, args ...string) *exec.Cmd {
	path := filepath.Join(e.root, "usr/sbin", name)
	if _, err := os.Stat(path); err != nil {
		path = filepath.Join(e.root, "usr/bin", name)
	}
	libraries := map[string]string{"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}[runtime.GOARCH]
	cmd := exec.CommandContext(e.t.Context(), path, args...)
	cmd.Env = append(os.Environ(), "HOME="+e.dir, "DOCKER_HOST=unix://"+e.socket, "DOCKER_BUILDKIT=0",
		"PATH="+filepath.Join(e.root, "usr/bin")+":"+filepath.Join(e.root, "usr/sbin")+":"+os.Getenv("PATH"),
		"LD_LIBRARY_PATH="+filepath.Join(e.root, "usr/lib", libraries)+":"+filepath.Join(e.root, "lib", libraries))
	return cmd
}

// run runs a program with some input; it must succeed.
func (e *engine) run(input string, name string, args ...string) string {
	e.t.Helper()
	cmd := e.command(name, args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		e.t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestDockerPush does what a team does: log in, push, build on top, push what is
// new, pull; and containerd's own client finds the same.
func TestDockerPush(t *testing.T) {
	s := newServer(t)
	startRegistry(t)
	if _, err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	e := startEngine(t)
	repository, password := repositoryOf(t, s, "team/app")
	e.run(password, "docker", "login", "--username", "AWS", "--password-stdin", s.Listen)

	e.run("", "docker", "pull", live.RegistryAddress+"/busybox")
	e.run("", "docker", "tag", live.RegistryAddress+"/busybox", repository+":1.0")
	first := e.run("", "docker", "push", repository+":1.0")
	if !strings.Contains(first, "1.0: digest: sha256:") {
		t.Errorf("push: %s", first)
	}
	source := t.TempDir()
	if err := os.WriteFile(filepath.Join(source, "Dockerfile"), fmt.Appendf(nil, "FROM %s:1.0\nLABEL more=1\nCOPY Dockerfile /\n", repository), 0o644); err != nil {
		t.Fatal(err)
	}
	e.run("", "docker", "build", "--quiet", "--tag", repository+":2.0", source)
	if second := e.run("", "docker", "push", repository+":2.0"); !strings.Contains(second, "Layer already exists") {
		t.Errorf("the second push sends all again: %s", second)
	}
	e.run("", "docker", "rmi", repository+":1.0", repository+":2.0")
	if pulled := e.run("", "docker", "pull", repository+":2.0"); !strings.Contains(pulled, "Status: Downloaded newer image") {
		t.Errorf("pull: %s", pulled)
	}

	address := filepath.Join(e.dir, "exec", "containerd", "containerd.sock")
	e.run("", "ctr", "--address", address, "images", "pull", "--plain-http", "--user", "AWS:"+password, repository+":2.0")
	e.run("", "ctr", "--address", address, "images", "tag", repository+":2.0", repository+":3.0")
	e.run("", "ctr", "--address", address, "images", "push", "--plain-http", "--user", "AWS:"+password, repository+":3.0")

	wrong := e.command("docker", "login", "--username", "AWS", "--password-stdin", s.Listen)
	wrong.Stdin = strings.NewReader("nonsense")
	if out, err := wrong.CombinedOutput(); err == nil {
		t.Errorf("a wrong password logs in: %s", out)
	}

	c := newClient(t, s)
	_, err := c.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("pushed"), NetworkMode: types.NetworkModeAwsvpc, Cpu: aws.String("256"), Memory: aws.String("512"),
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String(repository + ":3.0"), Command: []string{"sleep", "86400"}, StopTimeout: aws.Int32(2),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	in := c.request()
	in.TaskDefinition = aws.String("pushed")
	out, err := c.RunTask(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	c.await(t, []string{*out.Tasks[0].TaskArn}, "RUNNING")
}

// repositoryOf makes a repository; it returns its address, and a password.
func repositoryOf(t *testing.T, s *live.Server, name string) (uri, password string) {
	t.Helper()
	c, err := s.ECR()
	if err != nil {
		t.Fatal(err)
	}
	made, err := c.CreateRepository(t.Context(), &ecr.CreateRepositoryInput{RepositoryName: &name})
	if err != nil {
		t.Fatal(err)
	}
	token, err := c.GetAuthorizationToken(t.Context(), &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		t.Fatal(err)
	}
	login, err := base64.StdEncoding.DecodeString(*token.AuthorizationData[0].AuthorizationToken)
	if err != nil {
		t.Fatal(err)
	}
	return *made.Repository.RepositoryUri, strings.TrimPrefix(string(login), "AWS:")
}

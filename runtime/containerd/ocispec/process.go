package ocispec

import (
	"path"
	"strings"

	"kaimon.dev/kaimon/runtime/containerd/initproc"
)

// defaultPath is the search path of a container whose image sets none (Docker's).
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// args is what to run. An entry point of the container's own drops the image's
// command too, as in Docker.
func args(in Input) ([]string, error) {
	entry, command := in.Image.Entrypoint, in.Image.Cmd
	if in.Container.EntryPoint != nil {
		entry, command = in.Container.EntryPoint, nil
	}
	if in.Container.Command != nil {
		command = in.Container.Command
	}
	args := append(append([]string{}, entry...), command...)
	if len(args) == 0 || args[0] == "" {
		return nil, ErrNoCommand
	}
	if in.Container.Init {
		args = append([]string{initproc.Path, "--"}, args...)
	}
	return args, nil
}

// env is the image's environment with the container's on top; a later value of
// a name replaces an earlier one in place.
func env(in Input) []string {
	var e environment
	e.set("PATH", defaultPath)
	e.set("HOSTNAME", in.Task.Hostname)
	if in.Container.TTY {
		e.set("TERM", "xterm")
	}
	for _, v := range in.Image.Env {
		name, value, _ := strings.Cut(v, "=")
		e.set(name, value)
	}
	for _, v := range in.Container.Environment {
		e.set(v.Name, v.Value)
	}
	if _, ok := e.index["HOME"]; !ok {
		home := in.User.Home
		if home == "" {
			home = "/"
		}
		e.set("HOME", home)
	}
	return e.list
}

type environment struct {
	list  []string
	index map[string]int
}

func (e *environment) set(name, value string) {
	if i, ok := e.index[name]; ok {
		e.list[i] = name + "=" + value
		return
	}
	if e.index == nil {
		e.index = map[string]int{}
	}
	e.index[name] = len(e.list)
	e.list = append(e.list, name+"="+value)
}

func cwd(in Input) string {
	dir := in.Container.WorkingDirectory
	if dir == "" {
		dir = in.Image.WorkingDir
	}
	return path.Join("/", dir)
}

// StopSignal is the signal that asks a container to end: its image's, or SIGTERM.
func StopSignal(image string) string {
	if image == "" {
		return "SIGTERM"
	}
	return image
}

package fake

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/supervise"
)

// Machine is the host: it holds tasks, containers and images. It has no
// goroutines of its own.
type Machine struct {
	clock clock.Clock

	mu         sync.Mutex
	engine     *Engine // the one that is open now
	tasks      map[string]*box
	behaviours map[string]Behaviour
	pulls      map[string]Pull
	pid        int
}

// Behaviour changes how containers behave.
type Behaviour struct {
	// StartError makes every start fail with this reason, such as
	// "CannotStartContainerError: …".
	StartError string
	// StartDelay is how long a start takes.
	StartDelay time.Duration
	// Script replaces the command if not empty.
	Script string
	// ExecCode is the exit code of every Exec, health checks included, if not 0.
	ExecCode int
	// ExecHangs makes every Exec last until it is cancelled.
	ExecHangs bool
}

// box is what a task's containers share.
type box struct {
	volumes map[string]map[string]string // name → path in it → text
	vessels map[string]*vessel
}

// vessel is one container.
type vessel struct {
	machine *Machine
	box     *box
	spec    runtime.Container
	taskID  string
	attempt int
	started supervise.Started
	exit    *supervise.Exit
	files   map[string]string
	log     bytes.Buffer
	script  *script
	timer   *time.Timer
}

// NewMachine makes an empty machine whose time is clock.System's.
func NewMachine() *Machine {
	return &Machine{
		clock: clock.System{}, tasks: map[string]*box{},
		behaviours: map[string]Behaviour{}, pulls: map[string]Pull{},
	}
}

// Behave sets how containers of an image reference, or of a container name,
// behave from their next start or Exec on; the name wins.
func (m *Machine) Behave(imageOrName string, b Behaviour) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.behaviours[imageOrName] = b
}

func (m *Machine) behaviour(c runtime.Container) Behaviour {
	if b, ok := m.behaviours[c.Name]; ok {
		return b
	}
	return m.behaviours[c.Image]
}

// End ends a running container's process from outside, as a crash would; the
// exit's Attempt and At are filled in. It reports whether it ran.
func (m *Machine) End(exit supervise.Exit) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	v := m.vessel(exit.TaskID, exit.Container)
	if v == nil || v.exit != nil {
		return false
	}
	v.end(exit)
	return true
}

// Lose drops a container and all trace of it, as a reboot would.
func (m *Machine) Lose(taskID, container string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v := m.vessel(taskID, container); v != nil {
		v.stopTimer()
		delete(v.box.vessels, container)
	}
}

// Processes names every running process as "task/container".
func (m *Machine) Processes() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []string
	for id, b := range m.tasks {
		for name, v := range b.vessels {
			if v.exit == nil {
				all = append(all, id+"/"+name)
			}
		}
	}
	return all
}

// Tasks is how many tasks hold anything on the machine.
func (m *Machine) Tasks() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.tasks)
}

func (m *Machine) vessel(taskID, container string) *vessel {
	if b := m.tasks[taskID]; b != nil {
		return b.vessels[container]
	}
	return nil
}

// start makes or restarts a container. mu is held.
func (m *Machine) start(taskID string, spec runtime.Container, attempt int) (supervise.Started, error) {
	b := m.tasks[taskID]
	if b == nil {
		return supervise.Started{}, fmt.Errorf("task %s was not created", taskID)
	}
	v := b.vessels[spec.Name]
	switch {
	case v == nil:
		v = &vessel{machine: m, box: b, spec: spec, taskID: taskID, files: map[string]string{}}
	case v.exit == nil:
		return supervise.Started{}, fmt.Errorf("container %s of task %s runs already", spec.Name, taskID)
	}
	behaviour := m.behaviour(spec)
	if behaviour.StartError != "" {
		return supervise.Started{}, &supervise.StartError{Reason: behaviour.StartError}
	}
	if argv := argv(spec); len(argv) > 0 && strings.HasPrefix(argv[0], "/nonexistent/") && behaviour.Script == "" {
		return supervise.Started{}, &supervise.StartError{Reason: "CannotStartContainerError: exec: " + argv[0] + ": no such file or directory"}
	}
	for _, mount := range spec.Mounts {
		if b.volumes[mount.Volume] == nil {
			return supervise.Started{}, &supervise.StartError{Reason: "CannotCreateContainerError: no volume " + mount.Volume}
		}
	}
	b.vessels[spec.Name] = v
	m.pid++
	v.attempt, v.exit = attempt, nil
	v.started = supervise.Started{RuntimeID: taskID + "-" + spec.Name, Pid: m.pid, At: m.clock.Now()}
	v.script = newScript(command(spec, behaviour), v, pause{forever: true})
	v.resume()
	return v.started, nil
}

func argv(spec runtime.Container) []string { return slices.Concat(spec.EntryPoint, spec.Command) }

// command is the script that a container runs.
func command(spec runtime.Container, b Behaviour) string {
	argv := argv(spec)
	switch {
	case b.Script != "":
		return b.Script
	case len(argv) == 3 && (argv[0] == "sh" || argv[0] == "/bin/sh") && argv[1] == "-c":
		return argv[2]
	}
	return "wait"
}

// resume runs the script up to its next pause. The machine's mu is held.
func (v *vessel) resume() {
	switch p := v.script.run(); {
	case p.exited:
		v.end(supervise.Exit{Code: p.code, OOM: p.oom})
	case !p.forever:
		script := v.script
		v.timer = time.AfterFunc(p.sleep, func() {
			v.machine.mu.Lock()
			defer v.machine.mu.Unlock()
			if v.exit == nil && v.script == script {
				v.resume()
			}
		})
	}
}

func (v *vessel) end(exit supervise.Exit) {
	v.stopTimer()
	exit.TaskID, exit.Container, exit.Attempt = v.taskID, v.spec.Name, v.attempt
	exit.At = v.machine.clock.Now()
	v.exit = &exit
	if e := v.machine.engine; e != nil {
		e.report(exit)
	}
}

func (v *vessel) stopTimer() {
	if v.timer != nil {
		v.timer.Stop()
	}
}

// place finds the files that a path lies in: a mounted volume's or the
// container's own.
func (v *vessel) place(path string) (map[string]string, string) {
	for _, mount := range v.spec.Mounts {
		if rest, ok := strings.CutPrefix(path, mount.Path+"/"); ok {
			return v.box.volumes[mount.Volume], rest
		}
	}
	return v.files, path
}

func (v *vessel) read(path string) (string, bool) {
	in, rest := v.place(path)
	text, ok := in[rest]
	return text, ok
}

func (v *vessel) write(path, text string) {
	in, rest := v.place(path)
	in[rest] = text
}

func (v *vessel) remove(path string) {
	in, rest := v.place(path)
	delete(in, rest)
}

func (v *vessel) print(text string) { v.log.WriteString(text) }

package ecsctl_test

import (
	"testing"
	"time"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/fake"
	"kaimon.dev/kaimon/services/ecs"
)

// operations are what users, containers, registries and the server do in
// TestEveryTaskEndsAndGivesBack; some come more often.
var operations = []string{"run", "run", "run bad", "run slow", "run two", "stop", "restart", "wait", "settle", "down and up"}

// scripts are what containers do there.
var scripts = []string{"wait", "true", "sleep 3; exit 4", "trap '' TERM; wait", "trap 'exit 0' TERM; wait"}

// play is a world with the tasks that operations made in it, and what each one
// was last seen as.
type play struct {
	*world
	arns []string
	seen map[string]*ecs.TaskStatus
}

func newPlay(t *testing.T) *play {
	p := &play{world: newWorld(t, t.TempDir()), seen: map[string]*ecs.TaskStatus{}}
	p.machine.OnPull("busybox:bad", fake.Pull{Fault: runtime.PullNotFound, Message: "no"})
	p.machine.OnPull("busybox:slow", fake.Pull{Delay: 20 * time.Second})
	p.start()
	return p
}

// do carries out one operation; n chooses among its variants.
func (p *play) do(operation string, n int) {
	script := scripts[n%len(scripts)]
	switch operation {
	case "run":
		p.arns = append(p.arns, p.run(container("main", script)))
	case "run bad":
		p.arns = append(p.arns, p.run(container("bad", script)))
	case "run slow":
		p.arns = append(p.arns, p.run(container("slow", script)))
	case "run two":
		p.arns = append(p.arns, p.run(container("main", script), container("slow", "wait")))
	case "stop":
		if len(p.arns) > 0 {
			p.ask(p.arns[n%len(p.arns)])
		}
	case "restart":
		p.restart()
	case "down and up":
		p.stop()
		time.Sleep(time.Duration(n) * time.Second)
		p.start()
	case "wait":
		p.after(time.Duration(n) * time.Second / 4)
	case "settle":
		p.settle()
	}
}

// look fails when a task went back, or changed without its version.
func (p *play) look() {
	p.t.Helper()
	for _, arn := range p.arns {
		s, before := p.status(arn), p.seen[arn]
		p.seen[arn] = s
		switch {
		case before == nil:
		case s.LastStatus.Before(before.LastStatus):
			p.t.Fatalf("%s went from %s back to %s", arn, before.LastStatus, s.LastStatus)
		case s.Version < before.Version, s.Version == before.Version && s.LastStatus != before.LastStatus:
			p.t.Fatalf("%s went from version %d %s to %d %s", arn, before.Version, before.LastStatus, s.Version, s.LastStatus)
		}
	}
}

// finish stops everything and fails when anything is left.
func (p *play) finish() {
	p.t.Helper()
	for _, arn := range p.arns {
		p.ask(arn)
	}
	p.after(2 * time.Minute)
	for _, arn := range p.arns {
		s := p.want(arn, ecs.TaskStopped)
		if s.StopCode == "" || s.StoppedReason == "" || s.StoppedAt.IsZero() {
			p.t.Errorf("no reason or time: %+v", s)
		}
	}
	p.wantInterfaces(0, "")
	if left := p.machine.Processes(); len(left) != 0 {
		p.t.Errorf("processes left: %v", left)
	}
}

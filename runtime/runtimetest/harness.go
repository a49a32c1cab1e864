package runtimetest

import (
	"testing"

	"kaimon.dev/kaimon/runtime"
)

// World is one machine on which a runtime is opened, closed and opened again.
type World interface {
	// Open opens the runtime. It is called again, over the same state, after
	// the runtime that it returned last was closed.
	Open(t *testing.T) runtime.Runtime
	// Prepare completes a Spec in which Image, Digest, NetworkNamespace,
	// Hostname and Address are not set. It may be called for many Specs.
	Prepare(t *testing.T, spec *runtime.Spec)
}

// Harness is what the suite needs of a runtime under test.
type Harness struct {
	// New makes a fresh World for one test.
	New func(t *testing.T) World
	// Memory says that memory limits are enforced: it runs the tests of OOM.
	Memory bool
	// Within runs a test's body, when it needs a special place such as a
	// testing/synctest bubble; nil runs it as it is.
	Within func(t *testing.T, body func(t *testing.T))
}

// Run runs the suite, each test as a subtest.
func Run(t *testing.T, h Harness) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			if c.memory && !h.Memory {
				t.Skip("the runtime under test doesn't enforce memory limits")
			}
			body := func(t *testing.T) {
				b := &bench{t: t, world: h.New(t)}
				b.open()
				defer b.finish()
				c.run(b)
			}
			if h.Within != nil {
				h.Within(t, body)
			} else {
				body(t)
			}
		})
	}
}

type testCase struct {
	name   string
	run    func(b *bench)
	memory bool
}

func cases() []testCase {
	var all []testCase
	for _, group := range [][]testCase{
		lifeCases, stopCases, dependsCases, healthCases, restartCases, recoverCases, observeCases, accessCases,
	} {
		all = append(all, group...)
	}
	return all
}

package fake_test

import (
	"testing"
	"testing/synctest"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/fake"
	"kaimon.dev/kaimon/runtime/runtimetest"
)

// world is a Machine with a directory of records.
type world struct {
	machine *fake.Machine
	dir     string
}

func (w world) Open(t *testing.T) runtime.Runtime {
	rt, err := fake.New(w.machine, w.dir)
	if err != nil {
		t.Fatal(err)
	}
	return rt
}

func (w world) Prepare(_ *testing.T, spec *runtime.Spec) {
	for i := range spec.Containers {
		spec.Containers[i].Image, spec.Containers[i].Digest = "busybox", fake.Digest("busybox")
	}
}

func TestConformance(t *testing.T) {
	runtimetest.Run(t, runtimetest.Harness{
		New:    func(t *testing.T) runtimetest.World { return world{fake.NewMachine(), t.TempDir()} },
		Memory: true,
		Within: synctest.Test,
	})
}

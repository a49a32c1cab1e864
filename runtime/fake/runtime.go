package fake

import (
	"log/slog"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/supervise"
)

// Runtime is a runtime.Runtime, Images, Logs and Execer over a Machine.
type Runtime struct {
	*supervise.Supervisor
	machine *Machine
}

var (
	_ runtime.Runtime = (*Runtime)(nil)
	_ runtime.Images  = (*Runtime)(nil)
	_ runtime.Logs    = (*Runtime)(nil)
	_ runtime.Execer  = (*Runtime)(nil)
)

// New opens a runtime over a machine, with its records in dir (a test's
// TempDir). Closing it and calling New again with the same two is a restart.
func New(machine *Machine, dir string) (*Runtime, error) {
	s, err := supervise.New(machine.Engine(), supervise.Options{
		Dir:   dir,
		Log:   slog.New(slog.DiscardHandler),
		Clock: machine.clock,
		Capabilities: runtime.Capabilities{
			Name: "fake", Version: "1", Architecture: "amd64", NetworkNamespaces: true,
		},
	})
	if err != nil {
		return nil, err
	}
	return &Runtime{Supervisor: s, machine: machine}, nil
}

// Machine returns the machine that it runs on.
func (r *Runtime) Machine() *Machine { return r.machine }

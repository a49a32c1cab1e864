package vpc

import (
	"errors"
	"fmt"
	"os"
)

// Tap opens the namespace of an attached interface and names the interface's
// link in it, for who listens in. runDir is the one of the Kernel's options; the
// Kernel itself may be gone. The error is ErrNotAttached when there is none.
func Tap(runDir, id string) (*NetNS, string, error) {
	if err := checkID(id); err != nil {
		return nil, "", err
	}
	k := Kernel{opt: Options{RunDir: runDir}}
	ns, err := OpenNetNS(k.interfacePath(id))
	if errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("interface %s: %w", id, ErrNotAttached)
	}
	return ns, taskLink, err
}

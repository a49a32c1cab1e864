package initproc

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// Path is where the init program is inside a container. /dev is a memory file
// system there, so nothing is left in the image's.
const Path = "/dev/init"

// Exit codes of a command that can't be run, as of a shell.
const (
	notExecutable = 126
	notFound      = 127
)

// Main is the init if this process was started as one, and then never returns.
func Main() (handled bool) {
	if os.Getpid() != 1 || len(os.Args) < 3 || os.Args[0] != Path || os.Args[1] != "--" {
		return false
	}
	os.Exit(run(os.Args[2:]))
	return true
}

// run runs argv as the child of this process and returns its exit code.
func run(argv []string) int {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	path, err := exec.LookPath(argv[0])
	if err != nil {
		fmt.Fprintf(os.Stderr, "init: %v\n", err)
		return notFound
	}
	child, err := os.StartProcess(path, argv, &os.ProcAttr{
		Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
		Env:   os.Environ(),
		Sys:   childAttributes(),
	})
	if err != nil {
		fmt.Fprintf(os.Stderr, "init: %v\n", err)
		return notExecutable
	}
	for s := range signals {
		if s != unix.SIGCHLD {
			forward(child.Pid, s)
			continue
		}
		if code, ended := collect(child.Pid); ended {
			return code
		}
	}
	return 0
}

// childAttributes gives the command a process group of its own, in the
// foreground where there is a terminal.
func childAttributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if _, err := unix.IoctlGetTermios(0, unix.TCGETS); err == nil {
		attr.Foreground, attr.Ctty = true, 0
	}
	return attr
}

// forward passes a signal on. SIGURG is the Go scheduler's own.
func forward(pid int, s os.Signal) {
	if n, ok := s.(syscall.Signal); ok && n != unix.SIGURG {
		_ = unix.Kill(pid, n)
	}
}

// collect reaps every ended child and says whether the main one was among them.
func collect(main int) (code int, ended bool) {
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if pid <= 0 {
			return code, ended
		}
		if pid == main {
			ended, code = true, status.ExitStatus()
			if status.Signaled() {
				code = 128 + int(status.Signal())
			}
		}
	}
}

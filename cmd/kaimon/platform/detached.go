package platform

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// readyLine begins the line that a server prints once it answers.
const readyLine = "kaimon is ready on "

// PrintReady prints the line that scripts wait for.
func (m *Main) PrintReady() { fmt.Println(readyLine + m.URL()) }

// StartDetached starts `kaimon server` for the data directory, in a session of
// its own, and returns once it is ready: where it logs to, or why it did not
// come up.
func StartDetached(ctx context.Context, dataDir, listen string) (log string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dataDir, 0o711); err != nil {
		return "", err
	}
	log = filepath.Join(dataDir, "server.log")
	logFile, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	defer logFile.Close()
	cmd := exec.Command(self, "server", "--data-dir", dataDir, "--listen", listen)
	cmd.Stderr = logFile
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	ready := make(chan error, 1)
	go func() {
		line, _ := bufio.NewReader(out).ReadString('\n')
		if !strings.HasPrefix(line, readyLine) {
			ready <- fmt.Errorf("the server did not come up; see %s", log)
			return
		}
		ready <- nil
	}()
	select {
	case err := <-ready:
		return log, errors.Join(err, cmd.Process.Release())
	case <-ctx.Done():
		return log, errors.Join(ctx.Err(), cmd.Process.Kill())
	}
}

// Running says whether a server has the data directory.
func Running(c Config) bool {
	f, err := os.Open(c.pidFile())
	if err != nil {
		return false
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil
}

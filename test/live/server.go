package live

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Server is a kaimon server on a data directory of its own.
type Server struct {
	// DataDir is where it keeps its state.
	DataDir string
	// Listen and PublicCIDR belong to it alone.
	Listen, PublicCIDR string
	// Log receives what it writes on standard error.
	Log string

	process *exec.Cmd
	ended   chan struct{}
}

// places counts servers, to give each a port and a block of addresses.
var places atomic.Int32

// New returns a server that isn't started, with a port and a block of public
// addresses that no other server of this process has.
func New(dataDir string) *Server {
	n := places.Add(1)
	return &Server{
		DataDir: dataDir, Log: dataDir + ".log",
		Listen:     fmt.Sprintf("127.0.0.1:%d", 14566+n),
		PublicCIDR: fmt.Sprintf("100.64.%d.0/24", n),
	}
}

// patience is how long anything that a server does may take.
const patience = 30 * time.Second

// Start starts the server and returns once it is ready, with the time that took.
func (s *Server) Start(ctx context.Context, flags ...string) (time.Duration, error) {
	if s.Running() {
		return 0, errors.New("the server runs already")
	}
	log, err := os.OpenFile(s.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer log.Close()
	args := append([]string{"server", "--data-dir", s.DataDir, "--listen", s.Listen, "--public-cidr", s.PublicCIDR}, flags...)
	cmd := exec.Command(Binary(), args...)
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	s.process, s.ended = cmd, make(chan struct{})
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(out).ReadString('\n')
		line <- text
		cmd.Wait()
		close(s.ended)
	}()
	select {
	case text := <-line:
		if !strings.HasPrefix(text, "kaimon is ready on http://") {
			<-s.ended
			return 0, fmt.Errorf("the server did not come up: %s", s.Tail(5))
		}
		return time.Since(begun), nil
	case <-time.After(patience):
	case <-ctx.Done():
	}
	// SIGQUIT makes Go write where every goroutine is.
	return 0, errors.Join(fmt.Errorf("the server did not come up in %s", patience), s.signal(syscall.SIGQUIT))
}

// Running says whether the server's process lives.
func (s *Server) Running() bool {
	if s.process == nil {
		return false
	}
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

// PID is the server's process.
func (s *Server) PID() int { return s.process.Process.Pid }

// Stop ends the server with SIGTERM; tasks run on.
func (s *Server) Stop() error {
	if err := s.signal(syscall.SIGTERM); err != nil {
		return err
	}
	if code := s.process.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("the server ended with exit code %d: %s", code, s.Tail(5))
	}
	return nil
}

// Kill ends the server with SIGKILL; tasks run on.
func (s *Server) Kill() error { return s.signal(syscall.SIGKILL) }

func (s *Server) signal(sig syscall.Signal) error {
	if !s.Running() {
		return errors.New("the server does not run")
	}
	if err := s.process.Process.Signal(sig); err != nil {
		return err
	}
	select {
	case <-s.ended:
		return nil
	case <-time.After(patience):
		return errors.Join(fmt.Errorf("the server did not end in %s after %s", patience, sig), s.process.Process.Kill())
	}
}

// Command returns a kaimon command about this server.
func (s *Server) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, Binary(), append([]string{name, "--data-dir", s.DataDir}, args...)...)
}

// Down runs `kaimon down` and reports whatever is left on the machine, after
// removing it.
func (s *Server) Down(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(s.DataDir, "credentials.json")); err != nil {
		return nil // it never came up
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := s.Command(ctx, "down").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("kaimon down: %w: %s", err, out)
	}
	left, leftErr := Leftovers(s.DataDir)
	err = errors.Join(err, leftErr)
	for _, l := range left {
		err = errors.Join(err, fmt.Errorf("kaimon down left %s", l.What), l.remove())
	}
	return err
}

// Tail returns the last lines of the server's log, without those of the calls
// that tests wait with.
func (s *Server) Tail(lines int) string {
	text, err := os.ReadFile(s.Log)
	if err != nil {
		return err.Error()
	}
	all := slices.DeleteFunc(strings.Split(strings.TrimSpace(string(text)), "\n"), func(line string) bool {
		return strings.Contains(line, "action=DescribeTasks")
	})
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

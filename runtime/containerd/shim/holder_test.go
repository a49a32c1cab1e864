package shim

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/types/known/emptypb"
)

// slowService makes a container when told to.
type slowService struct {
	taskapi.TTRPCTaskService
	creating chan struct{}
	create   chan error
	cut      bool // the call's context ended while the container was made
}

func (s *slowService) Create(ctx context.Context, _ *taskapi.CreateTaskRequest) (*taskapi.CreateTaskResponse, error) {
	s.creating <- struct{}{}
	err := <-s.create
	s.cut = ctx.Err() != nil
	return &taskapi.CreateTaskResponse{}, err
}

func (s *slowService) State(context.Context, *taskapi.StateRequest) (*taskapi.StateResponse, error) {
	return &taskapi.StateResponse{}, nil
}

func (s *slowService) Shutdown(context.Context, *taskapi.ShutdownRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (s *slowService) Delete(context.Context, *taskapi.DeleteRequest) (*taskapi.DeleteResponse, error) {
	return &taskapi.DeleteResponse{}, nil
}

func slowHolder() (*holder, *slowService) {
	s := &slowService{creating: make(chan struct{}), create: make(chan error, 1)}
	return &holder{TTRPCTaskService: s, pipes: map[string]*os.File{}}, s
}

// TestCreateIsNotCutShort holds that a container is made to the end though the
// server that wanted it has gone, and that the next one hears of it, and the
// shim ends, only then.
func TestCreateIsNotCutShort(t *testing.T) {
	h, s := slowHolder()
	ctx, gone := context.WithCancel(t.Context())
	made := make(chan error, 1)
	go func() {
		_, err := h.Create(ctx, &taskapi.CreateTaskRequest{ID: "c"})
		made <- err
	}()
	<-s.creating
	gone()
	answers := make(chan error, 2)
	go func() {
		_, err := h.State(t.Context(), &taskapi.StateRequest{ID: "c"})
		answers <- err
	}()
	go func() {
		_, err := h.Shutdown(t.Context(), &taskapi.ShutdownRequest{ID: "c"})
		answers <- err
	}()
	select {
	case <-answers:
		t.Fatal("an answer came while the container was in the making")
	case <-time.After(20 * time.Millisecond):
	}
	s.create <- nil
	for _, answer := range []<-chan error{made, answers, answers} {
		if err := <-answer; err != nil {
			t.Error(err)
		}
	}
	if s.cut {
		t.Error("the OCI runtime would have been killed in the middle")
	}
}

// TestHeldPipe keeps a container's output pipe open from its making to its
// deletion, and not that of one that wasn't made.
func TestHeldPipe(t *testing.T) {
	h, s := slowHolder()
	pipe := filepath.Join(t.TempDir(), "out")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	create := func(result error) error {
		s.create <- result
		go func() { <-s.creating }()
		_, err := h.Create(t.Context(), &taskapi.CreateTaskRequest{ID: "c", Stdout: pipe})
		return err
	}
	held := func() bool { // a pipe that nobody reads can't be opened for writing
		f, err := os.OpenFile(pipe, os.O_WRONLY|unix.O_NONBLOCK, 0)
		if err == nil {
			err = f.Close()
		}
		return err == nil
	}
	if err := create(errors.New("refused")); err == nil || held() {
		t.Errorf("a container that wasn't made: %v, its pipe is held: %t", err, held())
	}
	if err := create(nil); err != nil || !held() {
		t.Errorf("a container: %v, its pipe is held: %t", err, held())
	}
	for _, process := range []string{"exec", ""} {
		if _, err := h.Delete(t.Context(), &taskapi.DeleteRequest{ID: "c", ExecID: process}); err != nil {
			t.Error(err)
		}
		if held() != (process != "") {
			t.Errorf("after the end of process %q the pipe is held: %t", process, held())
		}
	}
	if _, err := h.Create(t.Context(), &taskapi.CreateTaskRequest{ID: "c", Stdout: pipe + "2"}); err == nil {
		t.Error("a container was made without its output")
	}
}

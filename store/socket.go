package store

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"kaimon.dev/kaimon/internal/clock"
)

// talkTimeout bounds one question and its answer.
const talkTimeout = 10 * time.Second

// viewServer answers OpenView's questions beside a running server, on a Unix
// socket in the store's folder, which only the owner may enter.
type viewServer struct {
	dir      *os.File
	listener net.Listener
}

// serveViews begins to answer; image gives the newest state.
func serveViews(dir string, image func() *image) (*viewServer, error) {
	folder, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	os.Remove(filepath.Join(dir, socketName)) // left by a killed server
	listener, err := net.Listen("unix", socketPath(folder))
	if err != nil {
		folder.Close()
		return nil, fmt.Errorf("store: %w", err)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go answerView(conn, image())
		}
	}()
	return &viewServer{folder, listener}, nil
}

const socketName = "db.sock"

// socketPath is short whatever the folder's own path is: a Unix socket's may
// have 107 bytes (unix(7)).
func socketPath(folder *os.File) string {
	return fmt.Sprintf("/proc/self/fd/%d/%s", folder.Fd(), socketName)
}

// Close ends the answering.
func (s *viewServer) Close() error { return errors.Join(s.listener.Close(), s.dir.Close()) }

// answerView reads a question and writes lines of JSON until the end.
func answerView(conn net.Conn, im *image) {
	defer conn.Close()
	if err := conn.SetDeadline(clock.System{}.Now().Add(talkTimeout)); err != nil {
		return
	}
	var q viewQuery
	if err := json.NewDecoder(conn).Decode(&q); err != nil {
		return
	}
	buffered := bufio.NewWriter(conn)
	out := json.NewEncoder(buffered)
	out.SetEscapeHTML(false)
	end := viewLine{End: true}
	if err := im.answer(q, func(line viewLine) error { return out.Encode(line) }); err != nil {
		end = viewLine{Error: err.Error()}
	}
	if out.Encode(end) == nil {
		buffered.Flush()
	}
}

// askServer asks the server that has the store open.
func askServer(dir string, q viewQuery, emit func(viewLine) error) error {
	folder, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer folder.Close()
	conn, err := net.Dial("unix", socketPath(folder))
	if err != nil {
		return fmt.Errorf("store: %s is in use, and its server doesn't answer: %w", dir, err)
	}
	defer conn.Close()
	if err := json.NewEncoder(conn).Encode(q); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	in := json.NewDecoder(bufio.NewReader(conn))
	for {
		var line viewLine
		if err := in.Decode(&line); err != nil {
			return fmt.Errorf("store: the server's answer broke off: %w", err)
		}
		if line.Error != "" {
			return errors.New(line.Error)
		}
		if line.End {
			return nil
		}
		if err := emit(line); err != nil {
			return err
		}
	}
}

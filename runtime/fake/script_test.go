package fake

import (
	"strings"
	"testing"
	"time"
)

// drawer is a script's files in a test.
type drawer struct {
	files map[string]string
	out   strings.Builder
}

func (d *drawer) read(path string) (string, bool) { text, ok := d.files[path]; return text, ok }
func (d *drawer) write(path, text string)         { d.files[path] = text }
func (d *drawer) remove(path string)              { delete(d.files, path) }
func (d *drawer) print(text string)               { d.out.WriteString(text) }

// live runs a script to its end, or to where it waits for ever.
func live(text string, d *drawer) (*script, pause, time.Duration) {
	s := newScript(text, d, pause{forever: true})
	var slept time.Duration
	for {
		p := s.run()
		if p.exited || p.forever {
			return s, p, slept
		}
		slept += p.sleep
	}
}

func TestScripts(t *testing.T) {
	exits := func(code int) pause { return pause{exited: true, code: code} }
	waits := pause{forever: true}
	tests := []struct {
		script string
		want   pause
		out    string
		slept  time.Duration
	}{
		{"", exits(0), "", 0},
		{"exit 3", exits(3), "", 0},
		{"exit", exits(0), "", 0},
		{"false", exits(1), "", 0},
		{"false; true", exits(0), "", 0},
		{"echo one 'two  three' \"four\"; echo five", exits(0), "one two  three four\nfive\n", 0},
		{"echo one\necho two\n", exits(0), "one\ntwo\n", 0},
		{"sleep 0.5; sleep 2; exit 1", exits(1), "", 2500 * time.Millisecond},
		{"sleep soon", exits(1), "", 0},
		{"sleep 86400 & wait", waits, "", 0},
		{"echo x > /file; cat /file; rm /file; cat /file", exits(1), "x\n", 0},
		{"test -e /file || exit 9", exits(9), "", 0},
		{"test -e /there && exit 4", exits(4), "", 0},
		{"test -e /there || exit 4; exit 5", exits(5), "", 0},
		{"false && exit 1; exit 2", exits(2), "", 0},
		{"exec tail /dev/zero", pause{exited: true, oom: true, code: 137}, "", 0},
		{"nginx -g 'daemon off;'", waits, "", 0},
		{"exec nginx", waits, "", 0},
		{"echo up; redis-server > /log", waits, "up\n", 0},
	}
	for _, tt := range tests {
		d := &drawer{files: map[string]string{"/there": ""}}
		_, got, slept := live(tt.script, d)
		if got != tt.want || d.out.String() != tt.out || slept != tt.slept {
			t.Errorf("%q: %+v, output %q, slept %s; want %+v, %q, %s", tt.script, got, d.out.String(), slept, tt.want, tt.out, tt.slept)
		}
	}
}

func TestTraps(t *testing.T) {
	for text, want := range map[string]trap{
		"wait":                     {code: 143},
		"trap '' TERM; wait":       {ignore: true},
		"trap 'exit 5' TERM; wait": {code: 5},
	} {
		if s, _, _ := live(text, &drawer{}); s.trap != want {
			t.Errorf("%q: %+v, want %+v", text, s.trap, want)
		}
	}
}

// Any text is a script, and one without a sleep comes to its end.
func FuzzScript(f *testing.F) {
	f.Add("trap 'exit 143' TERM; echo ready; sleep 86400 & wait")
	f.Add("test -e /a && echo 'b' > /c || exit 3")
	f.Add("echo 'open")
	f.Add("&& || > ; & | exit")
	f.Fuzz(func(t *testing.T, text string) {
		d := &drawer{files: map[string]string{}}
		s := newScript(text, d, pause{})
		for range len(s.program) + 1 {
			if p := s.run(); p.exited || p.forever {
				return
			}
		}
		t.Fatalf("%q does not end", text)
	})
}

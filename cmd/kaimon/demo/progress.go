package demo

import (
	"fmt"
	"io"
	"strings"
	"time"

	"kaimon.dev/kaimon/internal/clock"
)

// Progress tells a person what happens: a line a step, with the aws command
// that does the same, and a line whenever something changes.
type Progress struct {
	Out   io.Writer
	Clock clock.Clock

	begun time.Time
}

// step begins a step: what it is for and the command that does it.
func (p *Progress) step(what, command string) {
	fmt.Fprintf(p.Out, "\n● %s\n", what)
	for i, line := range strings.Split(command, "\n") {
		prompt := "  $ "
		if i > 0 {
			prompt = "      "
		}
		fmt.Fprintf(p.Out, "%s%s\n", prompt, line)
	}
	p.begun = p.Clock.Now()
}

// say reports within a step, with the time since its beginning.
func (p *Progress) say(format string, args ...any) {
	fmt.Fprintf(p.Out, "  %6s  %s\n", p.Clock.Now().Sub(p.begun).Round(time.Millisecond), fmt.Sprintf(format, args...))
}

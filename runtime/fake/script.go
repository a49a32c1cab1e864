package fake

import (
	"strconv"
	"strings"
	"time"
)

// statement is one command of a script.
type statement struct {
	argv       []string
	redirect   string // the path after ">"
	background bool
	// link is how it hangs on the one before: "", "&&" or "||".
	link string
}

// parse reads a script. It accepts anything: what it doesn't know is a
// statement that nothing implements.
func parse(script string) []statement {
	var all []statement
	var now statement
	link := ""
	end := func(next string) {
		if len(now.argv) > 0 {
			now.link = link
			all = append(all, now)
		}
		now, link = statement{}, next
	}
	redirect := false
	for _, w := range words(script) {
		switch {
		case redirect:
			now.redirect = w.text
		case w.quoted:
			now.argv = append(now.argv, w.text)
		case w.text == ";":
			end("")
		case w.text == "&&", w.text == "||":
			end(w.text)
		case w.text == "&":
			now.background = true
			end("")
		case w.text == ">":
			redirect = true
			continue
		default:
			now.argv = append(now.argv, w.text)
		}
		redirect = false
	}
	end("")
	return all
}

type word struct {
	text   string
	quoted bool
}

// words splits a script at blanks outside of quotes; operators are words.
func words(script string) []word {
	var all []word
	for i := 0; i < len(script); {
		switch c := script[i]; {
		case c == ' ' || c == '\t':
			i++
		case c == '\n':
			all = append(all, word{text: ";"})
			i++
		case c == '\'' || c == '"':
			text, rest, _ := strings.Cut(script[i+1:], string(c))
			all = append(all, word{text, true})
			i = len(script) - len(rest)
		case strings.ContainsRune(";&|>", rune(c)):
			n := 1
			if i+1 < len(script) && script[i+1] == c {
				n = 2
			}
			all = append(all, word{text: script[i : i+n]})
			i += n
		default:
			n := strings.IndexAny(script[i:], " \t\n;&|>'\"")
			if n < 0 {
				n = len(script) - i
			}
			all = append(all, word{text: script[i : i+n]})
			i += n
		}
	}
	return all
}

// files is what a script sees of the world.
type files interface {
	read(path string) (string, bool)
	write(path, text string)
	remove(path string)
	print(text string)
}

// trap is what a script does about its stop signal.
type trap struct {
	ignore bool
	code   int
}

// script is a program under way.
type script struct {
	program []statement
	at      int
	status  int
	trap    trap
	fs      files
	// unknown is what a statement that nothing implements does.
	unknown pause
}

// pause is why a script stopped going on.
type pause struct {
	exited  bool // with code
	forever bool // until a signal
	oom     bool
	code    int
	sleep   time.Duration
}

const sigterm, sigkill = 128 + 15, 128 + 9

func newScript(text string, fs files, unknown pause) *script {
	return &script{program: parse(text), fs: fs, trap: trap{code: sigterm}, unknown: unknown}
}

// run goes on until the script has to wait or has ended.
func (s *script) run() pause {
	for s.at < len(s.program) {
		now := s.program[s.at]
		s.at++
		if (now.link == "&&" && s.status != 0) || (now.link == "||" && s.status == 0) {
			continue
		}
		if now.background {
			continue
		}
		if p, waits := s.do(now); waits {
			return p
		}
	}
	return pause{exited: true, code: s.status}
}

// do runs one statement; it returns true with a reason to pause.
func (s *script) do(now statement) (pause, bool) {
	s.status = 0
	switch arg := append(now.argv[1:], "", "")[:2]; now.argv[0] {
	case "true", ":":
	case "false":
		s.status = 1
	case "echo":
		text := strings.Join(now.argv[1:], " ") + "\n"
		if now.redirect != "" {
			s.fs.write(now.redirect, text)
		} else {
			s.fs.print(text)
		}
	case "cat":
		text, ok := s.fs.read(arg[0])
		s.status = failed(ok)
		s.fs.print(text)
	case "rm":
		s.fs.remove(arg[0])
	case "test":
		_, ok := s.fs.read(arg[1])
		s.status = failed(ok)
	case "sleep":
		seconds, err := strconv.ParseFloat(arg[0], 64)
		s.status = failed(err == nil)
		return pause{sleep: time.Duration(seconds * float64(time.Second))}, true
	case "exit":
		code, _ := strconv.Atoi(arg[0])
		return pause{exited: true, code: code}, true
	case "trap":
		code, _ := strconv.Atoi(strings.TrimPrefix(arg[0], "exit "))
		s.trap = trap{ignore: arg[0] == "", code: code}
	case "wait":
		return pause{forever: true}, true
	case "exec", "tail":
		if now.argv[len(now.argv)-1] == "/dev/zero" {
			return pause{exited: true, oom: true, code: sigkill}, true
		}
		return s.unknown, s.unknown != pause{}
	default:
		return s.unknown, s.unknown != pause{}
	}
	return pause{}, false
}

func failed(ok bool) int {
	if ok {
		return 0
	}
	return 1
}

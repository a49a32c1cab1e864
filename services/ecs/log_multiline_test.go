package ecs

import (
	"regexp"
	"testing"
)

func TestLogBegins(t *testing.T) {
	for _, c := range []struct {
		option, value string
		line          string
		matches, bad  bool
	}{
		{"awslogs-multiline-pattern", `^INFO`, "INFO x", true, false},
		{"awslogs-multiline-pattern", `^INFO`, "  INFO", false, false},
		{"awslogs-multiline-pattern", `(`, "", false, true},
		{"awslogs-datetime-format", `\[%b %d, %Y %H:%M:%S\]`, "[May 01, 2017 19:00:01] A message", true, false},
		{"awslogs-datetime-format", `\[%b %d, %Y %H:%M:%S\]`, "And another line", false, false},
		{"awslogs-datetime-format", `%Y-%m-%dT%H:%M:%S%L%z`, "2026-11-20T22:00:01.123+0100 x", true, false},
		{"awslogs-datetime-format", `%A %B %j %p %I %y %w %a %f %Z`, "Monday March 091 PM 09 26 1 Mon 123456 CEST", true, false},
		{"awslogs-datetime-format", `100%%`, "at 100%", true, false},
		{"awslogs-datetime-format", `%q`, "%q", true, false},
		{"awslogs-datetime-format", `[%Y`, "", false, true},
	} {
		l := &LogConfiguration{Options: map[string]string{c.option: c.value}}
		text, err := l.Begins()
		if (err != nil) != c.bad {
			t.Errorf("%s: %v", c.value, err)
			continue
		}
		if err == nil && regexp.MustCompile(text).MatchString(c.line) != c.matches {
			t.Errorf("%s is %s: %q matches: %v", c.value, text, c.line, !c.matches)
		}
	}
	if text, err := (&LogConfiguration{}).Begins(); text != "" || err != nil {
		t.Errorf("without options: %q, %v", text, err)
	}
}

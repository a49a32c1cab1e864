package ecs

import "testing"

func TestLogBuffer(t *testing.T) {
	for _, c := range []struct {
		mode, size string
		want       int64
	}{
		{"", "", 10 << 20}, {"non-blocking", "25m", 25 << 20}, {"non-blocking", "64k", 64 << 10}, {"", "1G", 1 << 30},
		{"", "500", 500}, {"", "4mb", 4 << 20}, {"blocking", "25m", 0}, {"", "m", -1}, {"", "-1", -1}, {"", "0", -1}, {"", "1t", -1},
	} {
		l := &LogConfiguration{Options: map[string]string{"mode": c.mode, "max-buffer-size": c.size}}
		if got, err := l.Buffer(); got != c.want && (err == nil || c.want != -1) {
			t.Errorf("%s %s: %d, %v", c.mode, c.size, got, err)
		}
	}
}

package clock

import (
	"regexp"
	"testing"
	"time"
)

func TestRandomTexts(t *testing.T) {
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	hex := regexp.MustCompile(`^[0-9a-f]{32}$`)
	seen := map[string]bool{}
	for range 100 {
		u, h := UUID(), Hex(16)
		if !uuid.MatchString(u) || !hex.MatchString(h) || seen[u] || seen[h] {
			t.Fatalf("%s %s", u, h)
		}
		seen[u], seen[h] = true, true
	}
}

func TestJitter(t *testing.T) {
	for range 100 {
		if d := Jitter(time.Second); d < time.Second/2 || d > time.Second {
			t.Fatal(d)
		}
	}
}

func TestSystem(t *testing.T) {
	now := System{}.Now()
	if now.Location() != time.UTC || now.Nanosecond()%int(time.Millisecond) != 0 {
		t.Error(now)
	}
}

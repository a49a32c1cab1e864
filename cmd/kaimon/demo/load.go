package demo

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// load is constant requests to the service, counted by the version that answers.
type load struct {
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu       sync.Mutex
	answered map[string]int
	failed   int
	last     error
}

// rhythm is the time between two requests.
const rhythm = 10 * time.Millisecond

// startLoad begins to ask for the page, a hundred times a second.
func (d *Demo) startLoad(ctx context.Context) *load {
	ctx, cancel := context.WithCancel(ctx)
	l := &load{cancel: cancel, answered: map[string]int{}}
	l.done.Go(func() {
		for pause(ctx, rhythm) == nil {
			page, err := d.get(ctx)
			if ctx.Err() == nil {
				l.count(page, err)
			}
		}
	})
	return l
}

func (l *load) stop() {
	l.cancel()
	l.done.Wait()
}

func (l *load) count(page string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.failed, l.last = l.failed+1, err
		return
	}
	l.answered[versionOf(page)]++
}

// report says what has been counted since the last report.
func (l *load) report() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	total := l.failed
	var parts []string
	for _, v := range slices.Sorted(maps.Keys(l.answered)) {
		total += l.answered[v]
		parts = append(parts, fmt.Sprintf("%d by version %s", l.answered[v], v))
	}
	text := fmt.Sprintf("%d requests meanwhile: %s, %d failed", total, strings.Join(parts, ", "), l.failed)
	if l.last != nil {
		text += " (" + l.last.Error() + ")"
	}
	l.answered, l.failed, l.last = map[string]int{}, 0, nil
	return text
}

// versionOf reads the version on the sample's page.
func versionOf(page string) string {
	if m := regexp.MustCompile(`<dt>Version</dt><dd>(.*?)</dd>`).FindStringSubmatch(page); m != nil {
		return m[1]
	}
	return "?"
}

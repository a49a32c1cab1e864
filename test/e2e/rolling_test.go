package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// requestRate is how many requests a second the load makes.
const requestRate = 500

// load asks for a page at a constant rate until it is stopped.
type load struct {
	stop chan struct{}
	done sync.WaitGroup

	mu     sync.Mutex
	good   int
	failed []string
}

// startLoad shares the rate among many callers, half of which keep their connections.
func startLoad(url string) *load {
	l := &load{stop: make(chan struct{})}
	const callers = 20
	for i := range callers {
		client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: i%2 == 0}}
		l.done.Go(func() {
			tick := time.NewTicker(callers * time.Second / requestRate)
			defer tick.Stop()
			for {
				select {
				case <-l.stop:
					return
				case <-tick.C:
					l.ask(client, url)
				}
			}
		})
	}
	return l
}

func (l *load) ask(client *http.Client, url string) {
	text, err := fetch(client, url)
	if err == nil && !strings.Contains(text, "Welcome to nginx!") {
		err = fmt.Errorf("%w: %q", io.ErrUnexpectedEOF, text)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.good++
		return
	}
	l.failed = append(l.failed, time.Now().Format("05.000 ")+err.Error())
}

// end stops the load and returns how many requests succeeded, and the others.
func (l *load) end() (good int, failed []string) {
	close(l.stop)
	l.done.Wait()
	return l.good, l.failed
}

// rounds is how often the steps are gone through.
const rounds = 5

// steps are changes of a service that runs two tasks of web:1.
var steps = []struct {
	name       string
	change     ecs.UpdateServiceInput
	definition string
	count      int32
}{
	{"a deploy", ecs.UpdateServiceInput{TaskDefinition: aws.String("web:2")}, "web:2", 2},
	{"a scale-out", ecs.UpdateServiceInput{DesiredCount: aws.Int32(4)}, "web:2", 4},
	{"a scale-in", ecs.UpdateServiceInput{DesiredCount: aws.Int32(2)}, "web:2", 2},
	{"a bad deploy", ecs.UpdateServiceInput{TaskDefinition: aws.String("web:3")}, "web:2", 2},
	{"a rollback", ecs.UpdateServiceInput{TaskDefinition: aws.String("web:1")}, "web:1", 2},
}

// Under a constant load a deploy, a scale-out, a scale-in, a bad deploy that is
// rolled back and a rollback by hand lose not one request.
func TestRollingLosesNoRequest(t *testing.T) {
	s := newServer(t)
	startRegistry(t)
	if _, err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := newBalanced(t, s)
	l := startLoad("http://" + b.address + "/")
	for range rounds {
		for _, step := range steps {
			begun := time.Now()
			b.update(t, step.change)
			b.settle(t, step.definition, step.count)
			t.Logf("%s took %s", step.name, time.Since(begun).Round(time.Millisecond))
		}
	}
	good, failed := l.end()
	t.Logf("%d requests", good)
	for _, f := range failed[:min(len(failed), 10)] {
		t.Error(f)
	}
	if len(failed) > 0 || good < requestRate {
		t.Errorf("%d requests failed, %d succeeded", len(failed), good)
	}
}

// hasSuffix is strings.HasSuffix for what may be absent.
func hasSuffix(s *string, suffix string) bool { return strings.HasSuffix(aws.ToString(s), suffix) }

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// rounds is how often the steps are gone through.
const rounds = 10

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
	l.check(t)
}

// hasSuffix is strings.HasSuffix for what may be absent.
func hasSuffix(s *string, suffix string) bool { return strings.HasSuffix(aws.ToString(s), suffix) }

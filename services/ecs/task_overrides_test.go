package ecs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/ecs"
)

func TestContainerOverride(t *testing.T) {
	definition := ecs.ContainerDefinition{
		Name: "main", Image: "i", Command: []string{"a"}, CPU: 10, Memory: 20, MemoryReservation: 30,
		Environment: []ecs.KeyValue{{Name: "A", Value: "1"}, {Name: "B", Value: "2"}},
	}
	original := definition
	nine := 9
	over := &ecs.ContainerOverride{
		Name: "main", Command: []string{}, CPU: &nine,
		Environment: []ecs.KeyValue{{Name: "C", Value: "3"}, {Name: "A", Value: "4"}, {Name: "C", Value: "5"}},
	}
	got := over.Apply(definition)
	want := definition
	want.Command, want.CPU = []string{}, 9
	want.Environment = []ecs.KeyValue{{Name: "A", Value: "4"}, {Name: "B", Value: "2"}, {Name: "C", Value: "5"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(original, definition); d != "" {
		t.Error("the definition changed:", d)
	}
	if d := cmp.Diff(definition, (*ecs.ContainerOverride)(nil).Apply(definition)); d != "" {
		t.Error("no override changes something:", d)
	}
}

func TestGroupOf(t *testing.T) {
	for asked, want := range map[string]string{"": "family:app", "family:app": "family:app", "batch": "batch", "a:b": "a:b"} {
		if got, err := ecs.GroupOf(asked, "app"); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", asked, got, err, want)
		}
	}
	for _, asked := range []string{"service:web", "family:other", "a b", "ä"} {
		if got, err := ecs.GroupOf(asked, "app"); err == nil {
			t.Errorf("%q was taken as %q", asked, got)
		}
	}
}

func TestPlatformVersions(t *testing.T) {
	for name, want := range map[string]string{"": "1.4.0", "LATEST": "1.4.0", "1.4.0": "1.4.0", "1.3.0": "1.3.0"} {
		if got, ok := ecs.ResolvePlatformVersion(name); !ok || got != want {
			t.Errorf("%q: %q %v, want %q", name, got, ok, want)
		}
	}
	for _, name := range []string{"1.2.0", "latest", "2.0.0"} {
		if got, ok := ecs.ResolvePlatformVersion(name); ok {
			t.Errorf("%q was taken as %q", name, got)
		}
	}
}

func FuzzParseTaskRef(f *testing.F) {
	c := &ecs.Cluster{Name: "default", Scope: aws.Scope{Account: "123456789012", Region: "eu-west-1"}}
	for _, seed := range []string{
		"", "0123", "arn:aws:ecs:eu-west-1:123456789012:task/default/0123", "arn:aws:ecs:eu-west-1:123456789012:task/0123",
		"arn:aws:ecs:eu-west-1:123456789012:task/default/", "arn:", "arn:aws:ecs::::",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		arn, err := ecs.ParseTaskRef(c, ref)
		if err != nil {
			return
		}
		again, err := ecs.ParseTaskRef(c, arn)
		if err != nil || again != arn {
			t.Errorf("%q is %q, which is %q, %v", ref, arn, again, err)
		}
	})
}

package ecsapi

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

// list returns what ListTaskDefinitions answers, as family:revision.
func list(w *world, in *ListTaskDefinitionsInput) []string {
	w.Helper()
	var all []string
	for {
		out, err := w.ListTaskDefinitions(w.ctx, in)
		for _, arn := range must(w, out, err).TaskDefinitionArns {
			all = append(all, strings.TrimPrefix(arn, definitionPrefix))
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all
		}
	}
}

func families(w *world, in *ListTaskDefinitionFamiliesInput) string {
	w.Helper()
	out, err := w.ListTaskDefinitionFamilies(w.ctx, in)
	return strings.Join(must(w, out, err).Families, " ")
}

func (w *world) deregister(ref string) {
	w.Helper()
	out, err := w.DeregisterTaskDefinition(w.ctx, &DeregisterTaskDefinitionInput{TaskDefinition: &ref})
	must(w, out, err)
}

func TestListTaskDefinitions(t *testing.T) {
	w := newWorld(t)
	var want []string
	for i := range 12 {
		w.register("web")
		want = append(want, fmt.Sprintf("web:%d", i+1))
	}
	w.register("api")
	w.register("web-2")
	want = append(append([]string{"api:1"}, want...), "web-2:1")
	for _, size := range []*int32{nil, wire.Ptr[int32](1), wire.Ptr[int32](5), wire.Ptr[int32](100)} {
		if got := list(w, &ListTaskDefinitionsInput{MaxResults: size}); !slices.Equal(got, want) {
			t.Errorf("ascending: %v; want %v", got, want)
		}
		got := list(w, &ListTaskDefinitionsInput{MaxResults: size, Sort: wire.Ptr("DESC")})
		if slices.Reverse(got); !slices.Equal(got, want) {
			t.Errorf("descending, turned round: %v", got)
		}
	}
	if got := list(w, &ListTaskDefinitionsInput{FamilyPrefix: wire.Ptr("web"), MaxResults: wire.Ptr[int32](7)}); !slices.Equal(got, want[1:13]) {
		t.Errorf("of a family: %v", got)
	}
	w.deregister("web:3")
	if got := list(w, &ListTaskDefinitionsInput{Status: wire.Ptr("INACTIVE")}); !slices.Equal(got, []string{"web:3"}) {
		t.Errorf("inactive: %v", got)
	}
	if got := list(w, &ListTaskDefinitionsInput{}); slices.Contains(got, "web:3") || len(got) != 13 {
		t.Errorf("active: %v", got)
	}
	_, err := w.ListTaskDefinitions(w.ctx, &ListTaskDefinitionsInput{NextToken: wire.Ptr("made up")})
	w.refused(err, "InvalidParameterException", "token")
}

func TestListTaskDefinitionFamilies(t *testing.T) {
	w := newWorld(t)
	for _, family := range []string{"web", "api", "webapp", "old"} {
		w.register(family)
	}
	w.register("web")
	w.deregister("old:1")
	w.deregister("web:1")
	for _, c := range []struct {
		in   ListTaskDefinitionFamiliesInput
		want string
	}{
		{ListTaskDefinitionFamiliesInput{}, "api old web webapp"},
		{ListTaskDefinitionFamiliesInput{Status: wire.Ptr("ALL")}, "api old web webapp"},
		{ListTaskDefinitionFamiliesInput{Status: wire.Ptr("ACTIVE")}, "api web webapp"},
		{ListTaskDefinitionFamiliesInput{Status: wire.Ptr("INACTIVE")}, "old"},
		{ListTaskDefinitionFamiliesInput{FamilyPrefix: wire.Ptr("web")}, "web webapp"},
		{ListTaskDefinitionFamiliesInput{MaxResults: wire.Ptr[int32](2)}, "api old"},
	} {
		if got := families(w, &c.in); got != c.want {
			t.Errorf("%+v: %s; want %s", c.in, got, c.want)
		}
	}
}

func TestDeleteTaskDefinitions(t *testing.T) {
	w := newWorld(t)
	w.register("web")
	w.register("web")
	w.register("web")
	w.deregister("web:1")
	w.deregister("web:2")
	remove := func(refs ...string) *DeleteTaskDefinitionsOutput {
		t.Helper()
		out, err := w.DeleteTaskDefinitions(w.ctx, &DeleteTaskDefinitionsInput{TaskDefinitions: refs})
		return must(w, out, err)
	}
	out := remove("web:1", definitionPrefix+"web:2", "web:3", "web:4", "web", "a b", "web:1")
	if len(out.TaskDefinitions) != 3 || len(out.Failures) != 4 {
		t.Fatalf("deleted %d, failed %d", len(out.TaskDefinitions), len(out.Failures))
	}
	if d := out.TaskDefinitions[0]; *d.Status != "DELETE_IN_PROGRESS" || !d.DeleteRequestedAt.Equal(w.now) {
		t.Errorf("deleted %+v", d)
	}
	for i, word := range []string{"ACTIVE", "does not exist", "invalid", "invalid"} {
		if reason := *out.Failures[i].Reason; !strings.Contains(reason, word) {
			t.Errorf("failure %q lacks %q", reason, word)
		}
	}
	if got := list(w, &ListTaskDefinitionsInput{Status: wire.Ptr("DELETE_IN_PROGRESS")}); !slices.Equal(got, []string{"web:1", "web:2"}) {
		t.Errorf("being deleted: %v", got)
	}
	_, err := w.DeregisterTaskDefinition(w.ctx, &DeregisterTaskDefinitionInput{TaskDefinition: wire.Ptr("web:1")})
	w.refused(err, "ClientException", "does not exist")

	w.cluster("c")
	w.task("c", definitionPrefix+"web:2", "", ecs.TaskStopped)
	w.now = w.now.Add(time.Hour)
	remove("web:3")
	if got := list(w, &ListTaskDefinitionsInput{Status: wire.Ptr("DELETE_IN_PROGRESS")}); !slices.Equal(got, []string{"web:2"}) {
		t.Errorf("an hour later: %v; the one that a task refers to stays", got)
	}
	for _, refs := range [][]string{nil, make([]string, 11)} {
		_, err := w.DeleteTaskDefinitions(w.ctx, &DeleteTaskDefinitionsInput{TaskDefinitions: refs})
		w.refused(err, "InvalidParameterException", "taskDefinitions")
	}
}

package ecsapi

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
)

// FuzzRegisterTaskDefinition holds that whatever is registered either is
// refused with an AWS error, or is described as it was answered.
func FuzzRegisterTaskDefinition(f *testing.F) {
	for _, in := range []*RegisterTaskDefinitionInput{fullDefinition(), smallest("web"), {}} {
		b, err := json.Marshal(in)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"family":"a","containerDefinitions":[{"dependsOn":[{"containerName":"a"}],"linuxParameters":{},"healthCheck":{}}],"volumes":[{}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var in RegisterTaskDefinitionInput
		if json.Unmarshal(body, &in) != nil {
			t.Skip("not a request")
		}
		w := newWorld(t)
		registered, err := w.RegisterTaskDefinition(w.ctx, &in)
		if err != nil {
			if _, ok := aws.AsError(err); !ok {
				t.Fatalf("not an AWS error: %v", err)
			}
			return
		}
		got := describe(w, *registered.TaskDefinition.TaskDefinitionArn).TaskDefinition
		if !reflect.DeepEqual(got, registered.TaskDefinition) {
			t.Errorf("registered %+v, described %+v", registered.TaskDefinition, got)
		}
	})
}

// TestLifeOfDefinitions drives the operations at random beside a model: a
// revision's status by family and number.
func TestLifeOfDefinitions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		model, last := map[string]string{}, map[string]int{}
		family := rapid.SampledFrom([]string{"a", "b"})
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			name := family.Draw(rt, "family")
			ref := fmt.Sprintf("%s:%d", name, rapid.IntRange(1, 5).Draw(rt, "revision"))
			switch rapid.SampledFrom([]string{"register", "deregister", "delete", "wait"}).Draw(rt, "step") {
			case "register":
				last[name]++
				if got, want := w.register(name), fmt.Sprintf("%s%s:%d", definitionPrefix, name, last[name]); got != want {
					rt.Fatalf("registered %s; want %s", got, want)
				}
				model[fmt.Sprintf("%s:%d", name, last[name])] = "ACTIVE"
			case "deregister":
				_, err := w.DeregisterTaskDefinition(w.ctx, &DeregisterTaskDefinitionInput{TaskDefinition: &ref})
				if possible := model[ref] == "ACTIVE" || model[ref] == "INACTIVE"; possible != (err == nil) {
					rt.Fatalf("deregistering %s, which is %q: %v", ref, model[ref], err)
				} else if possible {
					model[ref] = "INACTIVE"
				}
			case "delete":
				out, err := w.DeleteTaskDefinitions(w.ctx, &DeleteTaskDefinitionsInput{TaskDefinitions: []string{ref}})
				// Those that were deleted an hour ago go when something else is deleted.
				maps.DeleteFunc(model, func(_, status string) bool { return status == "GOING" })
				if err != nil {
					rt.Fatal(err)
				}
				possible := model[ref] == "INACTIVE" || model[ref] == "DELETE_IN_PROGRESS"
				if possible != (len(out.Failures) == 0) {
					rt.Fatalf("deleting %s, which is %q: %+v", ref, model[ref], out.Failures)
				} else if possible {
					model[ref] = "DELETE_IN_PROGRESS"
				}
			case "wait":
				w.now = w.now.Add(time.Hour)
				for ref, status := range model {
					if status == "DELETE_IN_PROGRESS" {
						model[ref] = "GOING"
					}
				}
			}
		}
		checkLists(rt, w, model)
	})
}

func checkLists(t *rapid.T, w *world, model map[string]string) {
	for _, status := range []string{"ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"} {
		var want []string
		for ref, is := range model {
			if is == status || is == "GOING" && status == "DELETE_IN_PROGRESS" {
				want = append(want, ref)
			}
		}
		got := list(w, &ListTaskDefinitionsInput{Status: &status, MaxResults: wire.Ptr[int32](2)})
		slices.SortFunc(want, func(x, y string) int { // by family, then by number
			return cmp.Or(strings.Compare(x[:1], y[:1]), cmp.Compare(len(x), len(y)), strings.Compare(x, y))
		})
		if !slices.Equal(got, want) {
			t.Fatalf("%s: %v; want %v", status, got, want)
		}
	}
	for _, name := range []string{"a", "b"} {
		newest := ""
		for n := 1; n <= 40; n++ {
			if ref := fmt.Sprintf("%s:%d", name, n); model[ref] == "ACTIVE" {
				newest = ref
			}
		}
		out, err := w.DescribeTaskDefinition(w.ctx, &DescribeTaskDefinitionInput{TaskDefinition: &name})
		switch {
		case (err == nil) != (newest != ""):
			t.Fatalf("newest of %s is %q: %v", name, newest, err)
		case err == nil && *out.TaskDefinition.TaskDefinitionArn != definitionPrefix+newest:
			t.Fatalf("newest of %s is %q, described %s", name, newest, *out.TaskDefinition.TaskDefinitionArn)
		}
	}
}

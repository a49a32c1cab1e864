package ecr_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

const day = 24 * time.Hour

// pushed makes an image: its name, its age in days, its tags.
func pushed(name string, days int, tags ...string) *ecr.Image {
	return &ecr.Image{Digest: name, Tags: tags, PushedAt: now.Add(-time.Duration(days) * day)}
}

func lifecycle(t testing.TB, text string) *ecr.Lifecycle {
	t.Helper()
	p, err := ecr.ParseLifecycle(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// planned is what expires by which rule, such as "A:1 B:2", by name.
func planned(p *ecr.Lifecycle, images []*ecr.Image) string {
	var out []string
	for _, e := range p.Plan(images, now) {
		out = append(out, fmt.Sprintf("%s:%d", e.Image.Digest, e.Priority))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// TestPlan follows the examples of the ECR User Guide, "Examples of lifecycle
// policies", and what it says of how policies work.
func TestPlan(t *testing.T) {
	const (
		alphaBeta = `"tagStatus":"tagged","tagPrefixList":["alpha","beta"],`
		older5    = `"countType":"sinceImagePushed","countUnit":"days","countNumber":5`
		keepOne   = `"countType":"imageCountMoreThan","countNumber":1`
	)
	both := []*ecr.Image{pushed("A", 10, "beta-1", "prod-1"), pushed("B", 9, "beta-2", "prod-2"), pushed("C", 8, "beta-3")}
	several := []*ecr.Image{
		pushed("A", 12, "alpha-1"), pushed("B", 11, "beta-1"), pushed("C", 10, "alpha-2", "beta-2"),
		pushed("D", 4, "alpha-3"), pushed("E", 3, "beta-3"), pushed("F", 2, "alpha-4", "beta-4"),
	}
	all := []*ecr.Image{pushed("A", 4, "alpha-1"), pushed("B", 3, "beta-1"), pushed("C", 2), pushed("D", 1, "alpha-2")}
	index := &ecr.Image{Digest: "I", Tags: []string{"v1"}, Manifests: []string{"A", "B"}, PushedAt: now}
	signature := &ecr.Image{Digest: "S", Subject: "B", PushedAt: now}
	orphan := &ecr.Image{Digest: "O", Subject: "gone", PushedAt: now.Add(-9 * day)}
	for what, c := range map[string]struct {
		policy string
		images []*ecr.Image
		want   string
	}{
		"image age":                  {policyOf(`"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14`), []*ecr.Image{pushed("A", 15), pushed("B", 14), pushed("C", 20, "v1")}, "A:1"},
		"image count":                {policyOf(untagged), []*ecr.Image{pushed("A", 3), pushed("B", 2), pushed("C", 1), pushed("D", 9, "v1")}, "A:1 B:1"},
		"multiple rules, example A":  {policyOf(prod, beta), both, "A:1"},
		"multiple rules, example B":  {policyOf(beta, prod), both, "A:1 B:1"},
		"multiple rules, example C":  {policyOf(`"tagStatus":"tagged","tagPrefixList":["prod"],`+keepOne, `"tagStatus":"tagged","tagPrefixList":["beta-1"],`+keepOne), []*ecr.Image{pushed("A", 10, "beta-1", "prod-1"), pushed("B", 9, "beta-2", "prod-2"), pushed("C", 8, "beta-1")}, "A:1"},
		"several tags in a rule, A":  {policyOf(alphaBeta + older5), several, "C:1"},
		"several tags in a rule, B":  {policyOf(alphaBeta + keepOne), several, "C:1"},
		"all images, example A":      {policyOf(anyImage), all, "A:1 B:1 C:1"},
		"all images, example B":      {policyOf(`"tagStatus":"any","countType":"sinceImagePushed","countUnit":"days","countNumber":2`), all, "A:1 B:1"},
		"all images, example C":      {policyOf(`"tagStatus":"tagged","tagPrefixList":["alpha"],`+keepOne, `"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":1`, anyImage), all, "A:1 B:3 C:2"},
		"patterns match whole tags":  {policyOf(`"tagStatus":"tagged","tagPatternList":["v*-rc*"],` + keepOne), []*ecr.Image{pushed("A", 3, "v1-rc1"), pushed("B", 2, "v2-rc"), pushed("C", 9, "xv1-rc1"), pushed("D", 9, "v1")}, "A:1"},
		"characters of other globs":  {policyOf(`"tagStatus":"tagged","tagPatternList":["v?"],` + older5), []*ecr.Image{pushed("A", 9, "v1")}, ""},
		"parts stay with the index":  {policyOf(untagged), []*ecr.Image{pushed("A", 3), pushed("B", 2), pushed("C", 1), index}, ""},
		"what is about another goes": {policyOf(untagged), []*ecr.Image{pushed("B", 2), pushed("C", 1), signature}, "B:1 S:1"},
		"and stays with it":          {policyOf(untagged), []*ecr.Image{pushed("B", 2, "v1"), pushed("C", 1), signature}, ""},
		"unless that is gone":        {policyOf(untagged), []*ecr.Image{pushed("C", 1), orphan}, "O:1"},
		"older than anything is":     {policyOf(`"tagStatus":"any","countType":"sinceImagePushed","countUnit":"days","countNumber":2147483647`), all, ""},
		"a part pushed on its own":   {policyOf(anyImage), []*ecr.Image{pushed("A", 9, "alone"), pushed("C", 10), index}, "C:1"},
	} {
		if got := planned(lifecycle(t, c.policy), c.images); got != c.want {
			t.Errorf("%s: %q expire, want %q", what, got, c.want)
		}
	}
}

// TestPlanHolds checks for random images and rules what the guide promises.
func TestPlanHolds(t *testing.T) {
	rules := []string{prod, beta, untagged, anyImage}
	rapid.Check(t, func(rt *rapid.T) {
		var chosen []string
		for _, r := range rules {
			if rapid.Bool().Draw(rt, "rule") {
				chosen = append(chosen, r)
			}
		}
		if len(chosen) == 0 {
			rt.Skip("no rule")
		}
		var images []*ecr.Image
		for i := range rapid.IntRange(0, 12).Draw(rt, "images") {
			tags := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"prod-1", "prod-2", "beta-1", "other"}), 0, 3, rapid.ID).Draw(rt, "tags")
			images = append(images, pushed(fmt.Sprint(i), rapid.IntRange(0, 5).Draw(rt, "days"), tags...))
		}
		p := lifecycle(t, policyOf(chosen...))
		plan := p.Plan(images, now)
		seen := map[string]bool{}
		for _, e := range plan {
			if seen[e.Image.Digest] {
				rt.Fatalf("%s expires twice", e.Image.Digest)
			}
			seen[e.Image.Digest] = true
		}
		if len(images) > 0 && len(seen) == len(images) {
			rt.Fatal("the newest image is gone: each rule keeps one")
		}
		shuffled := rapid.Permutation(images).Draw(rt, "order")
		if got, want := planned(p, shuffled), planned(p, images); got != want {
			rt.Fatalf("another order: %s, not %s", got, want)
		}
	})
}

// TestNext holds that age rules say when to look again.
func TestNext(t *testing.T) {
	p := lifecycle(t, policyOf(`"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":5`, anyImage))
	images := []*ecr.Image{pushed("A", 9), pushed("B", 3), pushed("C", 1), pushed("D", 4, "v1")}
	if got, want := p.Next(images, now), now.Add(2*day); !got.Equal(want) {
		t.Errorf("next %s, want %s", got, want)
	}
	if got := lifecycle(t, policyOf(anyImage)).Next(images, now); !got.IsZero() {
		t.Errorf("without an age: %s", got)
	}
}

// TestDue holds that an image without a tag is spared while its index may be on
// its way.
func TestDue(t *testing.T) {
	w := newWorld(t, nil)
	for i, text := range []string{"a", "b", "c"} {
		w.layer(text)
		tag := ""
		if text == "c" {
			tag = "v1"
		}
		at := now.Add(time.Duration(i) * time.Minute)
		w.do(func(tx *store.Txn) error { _, err := ecr.PutImage(tx, w.repo, manifest(t, text), tag, at); return err })
	}
	policy := &ecr.LifecyclePolicy{Repository: w.repo.ARN, Text: policyOf(untagged)}
	for after, want := range map[time.Duration]int{2 * time.Minute: 0, time.Hour: 1} {
		due, next, err := ecr.Due(w.Snapshot(), policy, now.Add(after))
		if err != nil || len(due) != want || (want == 0) != next.Equal(now.Add(time.Hour)) {
			t.Errorf("after %s: %d due, next %s, %v", after, len(due), next, err)
		}
	}
	due, _, err := ecr.Due(w.Snapshot(), policy, now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	err = w.Update(context.Background(), func(tx *store.Txn) error { ecr.DeleteImages(tx, w.repo.ARN, due); return nil })
	var left []string
	for l := range ecr.LayersIn(w.Snapshot(), w.repo.ARN) {
		left = append(left, l.Digest)
	}
	want := []string{w.layer("b"), w.layer("c")}
	slices.Sort(want)
	if diff := cmp.Diff(want, left); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if _, _, err := ecr.Due(w.Snapshot(), &ecr.LifecyclePolicy{Text: "spoiled"}, now); err == nil {
		t.Error("a policy that can't be read is applied")
	}
}

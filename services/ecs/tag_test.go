package ecs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/store"
)

func TestCheckTags(t *testing.T) {
	many := make([]Tag, 51)
	for i := range many {
		many[i].Key = fmt.Sprint("k", i)
	}
	for name, c := range map[string]struct {
		tags []Tag
		bad  bool
	}{
		"none":          {nil, false},
		"plain":         {[]Tag{{"a", "b"}, {"A", ""}}, false},
		"signs":         {[]Tag{{"a_.:/=+-@ 1é", "x_.:/=+-@ é"}}, false},
		"fifty":         {many[:50], false},
		"fifty-one":     {many, true},
		"longest":       {[]Tag{{strings.Repeat("é", 128), strings.Repeat("é", 256)}}, false},
		"long key":      {[]Tag{{strings.Repeat("k", 129), ""}}, true},
		"long value":    {[]Tag{{"k", strings.Repeat("v", 257)}}, true},
		"empty key":     {[]Tag{{"", "v"}}, true},
		"sign in key":   {[]Tag{{"a*", "v"}}, true},
		"sign in value": {[]Tag{{"a", "v\n"}}, true},
		"not UTF-8":     {[]Tag{{"a\xff", ""}}, true},
		"reserved":      {[]Tag{{"aws:a", "v"}}, true},
		"Reserved":      {[]Tag{{"AwS:a", "v"}}, true},
		"value":         {[]Tag{{"a", "aws:v"}}, true},
		"twice":         {[]Tag{{"a", "1"}, {"a", "2"}}, true},
	} {
		want := ""
		if c.bad {
			want = "InvalidParameterException"
		}
		if err := CheckTags(c.tags); codeOf(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := CheckTagKeys([]string{"a", "aws:ecs:clusterName"}); codeOf(err) != "InvalidParameterException" {
		t.Errorf("removing a tag of the platform: %v", err)
	}
	if err := CheckTagKeys([]string{"a", "b"}); err != nil {
		t.Error(err)
	}
}

// TestTagsAreAMap holds that putting and removing tags does what it does to a map.
func TestTagsAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := store.OpenMemory(Tables()...)
		const arn = "arn:aws:ecs:eu-west-1:000000000000:cluster/web"
		model := map[string]string{}
		key := rapid.SampledFrom([]string{"a", "b", "c", "aws:d"})
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			tags := map[string]string{}
			keys := rapid.SliceOfN(key, 0, 3).Draw(t, "keys")
			remove := rapid.Bool().Draw(t, "remove")
			err := s.Update(context.Background(), func(tx *store.Txn) error {
				if remove {
					RemoveTags(tx, arn, keys)
					return nil
				}
				var list []Tag
				for _, k := range keys {
					if _, ok := tags[k]; !ok {
						tags[k] = rapid.StringN(0, 3, -1).Draw(t, "value")
						list = append(list, Tag{k, tags[k]})
					}
				}
				return PutTags(tx, arn, list)
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range keys {
				if remove {
					delete(model, k)
				} else {
					model[k] = tags[k]
				}
			}
			got := TagsOf(s.Snapshot(), arn)
			if len(got) != len(model) {
				t.Fatalf("%v; want %v", got, model)
			}
			for _, tag := range got {
				if model[tag.Key] != tag.Value {
					t.Fatalf("%v; want %v", got, model)
				}
			}
		}
	})
}

func TestTagLimitIsPerResource(t *testing.T) {
	s := store.OpenMemory(Tables()...)
	var fifty []Tag
	for i := range 50 {
		fifty = append(fifty, Tag{Key: fmt.Sprint("k", i)})
	}
	update := func(tags ...Tag) error {
		return s.Update(context.Background(), func(tx *store.Txn) error { return PutTags(tx, "arn", tags) })
	}
	if err := update(fifty...); err != nil {
		t.Fatal(err)
	}
	if err := update(Tag{Key: "one more"}); codeOf(err) != "InvalidParameterException" {
		t.Errorf("the fifty-first tag: %v", err)
	}
	if err := update(Tag{"k0", "new"}, Tag{"aws:ecs:clusterName", "web"}); err != nil {
		t.Errorf("a new value and a tag of the platform: %v", err)
	}
	if got := TagsOf(s.Snapshot(), "arn"); len(got) != 51 || !slices.Contains(got, Tag{"k0", "new"}) {
		t.Errorf("%d tags: %v", len(got), got)
	}
	put(t, s, func(tx *store.Txn) { DropTags(tx, "arn") })
	if got := TagsOf(s.Snapshot(), "arn"); got != nil {
		t.Errorf("dropped, and still there: %v", got)
	}
}

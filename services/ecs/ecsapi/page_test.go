package ecsapi

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws/wire"
)

// TestPagesSurviveChanges holds that a listing that goes on while items come
// and go shows everything that was there all along, once and in order.
func TestPagesSurviveChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.StringMatching(`[a-c]{1,3}`)
		items := rapid.SliceOfNDistinct(key, 0, 20, rapid.ID).Draw(t, "items")
		slices.Sort(items)
		steady := slices.Clone(items)
		var shown []string
		p := pager{Operation: "List", Max: wire.Ptr(int32(rapid.IntRange(1, 5).Draw(t, "size"))), Most: 5}
		for {
			got, next, err := page(p, items, same, strings.Compare)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) > int(*p.Max) {
				t.Fatalf("a page of %d", len(got))
			}
			shown = append(shown, got...)
			if p.Token = next; next == nil {
				break
			}
			came, went := key.Draw(t, "came"), key.Draw(t, "went")
			items = slices.DeleteFunc(append(slices.Clone(items), came), func(s string) bool { return s == went })
			steady = slices.DeleteFunc(steady, func(s string) bool { return s == went })
			slices.Sort(items)
			items = slices.Compact(items)
		}
		if !slices.IsSorted(shown) || len(slices.Compact(slices.Clone(shown))) != len(shown) {
			t.Fatalf("shown %v", shown)
		}
		for _, s := range steady {
			if !slices.Contains(shown, s) {
				t.Fatalf("%q was there all along and not shown: %v", s, shown)
			}
		}
	})
}

func TestTokensBelongToTheirOperation(t *testing.T) {
	items := []string{"a", "b"}
	p := pager{Operation: "ListThis", Max: wire.Ptr[int32](1), Most: 10}
	_, next, err := page(p, items, same, strings.Compare)
	if err != nil || next == nil {
		t.Fatal(next, err)
	}
	p.Operation, p.Token = "ListThat", next
	if _, _, err := page(p, items, same, strings.Compare); err == nil {
		t.Error("a token of another operation is taken")
	}
	p.Token = wire.Ptr("")
	if got, _, err := page(p, items, same, strings.Compare); err != nil || got[0] != "a" {
		t.Errorf("an empty token: %v, %v", got, err)
	}
}

func FuzzToken(f *testing.F) {
	p := pager{Operation: "List", Most: 2}
	for _, s := range []string{p.encode("b"), p.encode(""), "", "!", "TGlzdA"} {
		f.Add(s)
	}
	items := []string{"a", "b", "c", "d"}
	f.Fuzz(func(t *testing.T, token string) {
		q := p
		q.Token = &token
		for _, compare := range []func(a, b string) int{strings.Compare, compareDefinitionARNs} {
			if got, _, err := page(q, items, same, compare); err == nil && len(got) > 2 {
				t.Errorf("token %q: %v", token, got)
			}
		}
	})
}

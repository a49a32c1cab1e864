package page

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func same(s string) string { return s }

// TestPagesCoverTheListing holds that walking the pages gives every item once,
// in order, also when items come and go between two pages.
func TestPagesCoverTheListing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfNDistinct(rapid.StringN(1, 4, 8), 0, 30, same).Draw(t, "items")
		gone := rapid.SliceOf(rapid.SampledFrom(append(items, "x"))).Draw(t, "deleted on the way")
		slices.Sort(items)
		size := rapid.IntRange(1, 7).Draw(t, "size")
		left := slices.Clone(items)
		var got []string
		for token := ""; ; {
			page, next, ok := Cut("Op", token, size, left, same, strings.Compare)
			if !ok || len(page) > size {
				t.Fatalf("page %v, ok %v", page, ok)
			}
			got = append(got, page...)
			if token = next; token == "" {
				break
			}
			if len(gone) > 0 {
				left = slices.DeleteFunc(slices.Clone(left), func(s string) bool { return s == gone[0] })
				gone = gone[1:]
			}
		}
		if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Fatalf("pages give %v", got)
		}
		for _, item := range left {
			if !slices.Contains(got, item) {
				t.Fatalf("%q was there all the time but on no page: %v", item, got)
			}
		}
	})
}

func TestForeignTokens(t *testing.T) {
	_, token, _ := Cut("ListTasks", "", 1, []string{"a", "b"}, same, strings.Compare)
	for _, bad := range []string{"x", "!", encode("ListClusters", "a")} {
		if _, _, ok := Cut("ListTasks", bad, 1, []string{"a", "b"}, same, strings.Compare); ok {
			t.Errorf("token %q was taken", bad)
		}
	}
	if page, next, ok := Cut("ListTasks", token, 1, []string{"a", "b"}, same, strings.Compare); !ok || next != "" || page[0] != "b" {
		t.Errorf("second page %v, %q, %v", page, next, ok)
	}
}

func FuzzToken(f *testing.F) {
	f.Add("T3AAYQ")
	f.Fuzz(func(t *testing.T, token string) {
		page, _, ok := Cut("Op", token, 10, []string{"a", "b"}, same, strings.Compare)
		if !ok && page != nil {
			t.Error("a refused token gave items")
		}
	})
}

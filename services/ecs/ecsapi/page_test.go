package ecsapi

import (
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws/wire"
)

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

// FuzzToken holds that no token, whoever made it, upsets a listing in any order.
func FuzzToken(f *testing.F) {
	items := []string{"a:1", "a:2", "a:10", "b:1"}
	p := pager{Operation: "List", Most: 2}
	_, next, err := page(p, items, same, compareDefinitionARNs)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{*next, "", "!", "TGlzdA", "TGlzdAA", "TGlzdAA6"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		q := p
		q.Token = &token
		if got, _, err := page(q, items, same, compareDefinitionARNs); err == nil && len(got) > 2 {
			t.Errorf("token %q: %v", token, got)
		}
	})
}

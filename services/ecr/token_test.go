package ecr_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

func signed(t *testing.T, w *world) string {
	t.Helper()
	token := ecr.Token{Account: scope.Account, Region: scope.Region, Principal: ecr.RootOf(scope.Account), Expires: now.Add(ecr.TokenLife)}
	if _, err := token.Sign(w.Snapshot()); err == nil {
		t.Fatal("signed without a key")
	}
	w.do(func(tx *store.Txn) error {
		ecr.EnsureTokenKey(tx, "secret")
		ecr.EnsureTokenKey(tx, "another")
		return nil
	})
	text, err := token.Sign(w.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestToken(t *testing.T) {
	w := newWorld(t, nil)
	text := signed(t, w)
	token, err := ecr.ReadToken(w.Snapshot(), text, now)
	if err != nil || token.Scope() != scope {
		t.Errorf("%+v, %v", token, err)
	}
	if _, err := ecr.ReadToken(w.Snapshot(), text, now.Add(12*time.Hour)); !errors.Is(err, ecr.ErrTokenExpired) {
		t.Errorf("after twelve hours: %v", err)
	}
}

// TestTamperedToken holds that no change of any letter passes.
func TestTamperedToken(t *testing.T) {
	w := newWorld(t, nil)
	text := signed(t, w)
	for i := range text {
		changed := []byte(text)
		changed[i] ^= 1
		if _, err := ecr.ReadToken(w.Snapshot(), string(changed), now); !errors.Is(err, ecr.ErrTokenInvalid) {
			t.Errorf("letter %d: %v", i, err)
		}
	}
	claims, seal, _ := strings.Cut(text, ".")
	forged := base64.RawURLEncoding.EncodeToString([]byte(`{"Account":"999999999999"}`))
	for _, bad := range []string{"", ".", claims, claims + ".", "." + seal, forged + "." + seal, forged + ".", text + "="} {
		if _, err := ecr.ReadToken(w.Snapshot(), bad, now); !errors.Is(err, ecr.ErrTokenInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzReadToken(f *testing.F) {
	s := store.OpenMemory(ecr.Tables()...)
	f.Add("e30.AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := ecr.ReadToken(s.Snapshot(), text, now); err == nil {
			t.Errorf("%q was taken", text)
		}
	})
}

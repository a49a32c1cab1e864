package acm

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/seal"
	"kaimon.dev/kaimon/store"
)

var (
	scope = aws.Scope{Account: "123456789012", Region: "eu-west-1"}
	noon  = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
)

func authority(t testing.TB) *Authority {
	t.Helper()
	a, err := NewAuthority(box, scope.Account, "01", noon)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func issue(t testing.TB, a *Authority, algorithm string, names ...string) *Certificate {
	t.Helper()
	c := &Certificate{ARN: "arn", Scope: scope, Domain: names[0], Names: names}
	if err := a.Issue(box, c, algorithm, "02", noon); err != nil {
		t.Fatal(err)
	}
	return c
}

// box seals the tests' keys.
var box, _ = seal.New(make([]byte, seal.KeySize)) // the size is right

func keyOf(t testing.TB, c *Certificate) aws.Secret {
	t.Helper()
	key, err := c.PrivateKey(box)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Nothing of a key is in its row, and no other row can have it.
func TestKeysAreSealed(t *testing.T) {
	a := authority(t)
	c := issue(t, a, "", "example.com")
	for _, sealed := range [][]byte{c.SealedKey, a.SealedKey} {
		if bytes.Contains(sealed, []byte("PRIVATE KEY")) {
			t.Error("a key can be read")
		}
	}
	stolen := Certificate{ARN: "another", SealedKey: c.SealedKey}
	if _, err := stolen.PrivateKey(box); !errors.Is(err, seal.ErrBroken) {
		t.Errorf("got %v", err)
	}
}

func TestRenewalDue(t *testing.T) {
	c := issue(t, authority(t), "EC_secp384r1", "example.com")
	end := noon.Add(leafLife)
	for now, want := range map[time.Time]bool{noon: false, end.Add(-renewBefore - time.Second): false, end.Add(-renewBefore): true, end.Add(time.Hour): true} {
		if c.Type = Issued; c.RenewalDue(now) != want {
			t.Errorf("at %s: %v", now, !want)
		}
		if c.Type = Imported; c.RenewalDue(now) {
			t.Error("an imported one is due")
		}
	}
	row, algorithm, err := c.Renewed(end)
	if err != nil || algorithm != "EC_secp384r1" || !row.RenewedAt.Equal(end) || row.Domain != c.Domain {
		t.Errorf("%s %+v %v", algorithm, row, err)
	}
	if _, _, err := (&Certificate{}).Renewed(end); err == nil || (&Certificate{Type: Issued}).RenewalDue(end) {
		t.Error("what isn't a certificate was renewed")
	}
}

func TestIssuedCertificatesAreTrusted(t *testing.T) {
	a := authority(t)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(a.Certificate)) {
		t.Fatal("the authority's certificate can't be read")
	}
	for algorithm, want := range map[string]string{"": "RSA_2048", "EC_prime256v1": "EC_prime256v1", "EC_secp384r1": "EC_secp384r1"} {
		c := issue(t, a, algorithm, "example.com", "*.example.com")
		leaf, err := c.Leaf()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "www.example.com", CurrentTime: noon.Add(time.Hour)}); err != nil {
			t.Errorf("%s: %v", algorithm, err)
		}
		if got := KeyAlgorithm(leaf); got != want {
			t.Errorf("algorithm %s, want %s", got, want)
		}
		if err := (&Certificate{Body: c.Body, Chain: c.Chain}).CheckImport(keyOf(t, c), noon); err != nil {
			t.Errorf("%s: not importable: %v", algorithm, err)
		}
	}
	if err := a.Issue(box, &Certificate{Domain: "a.b"}, "RSA_1024", "02", noon); err == nil {
		t.Error("RSA_1024 was issued")
	}
	if one, two := keyOf(t, issue(t, a, "", "a.b")), keyOf(t, issue(t, a, "", "a.b")); one == two {
		t.Error("two certificates have one key")
	}
}

func TestBrokenAuthority(t *testing.T) {
	good := authority(t)
	for _, a := range []Authority{
		{}, {Certificate: good.Certificate}, {Certificate: good.Certificate, SealedKey: []byte("x")},
		{Account: "1", Certificate: good.Certificate, SealedKey: good.SealedKey},
		{Certificate: good.Certificate, SealedKey: box.Seal([]byte("no PEM"), aboutAuthority(""))},
		{Certificate: good.Certificate, SealedKey: box.Seal([]byte("-----BEGIN X-----\n-----END X-----\n"), aboutAuthority(""))},
	} {
		if err := a.Issue(box, &Certificate{Domain: "a.b"}, "", "02", noon); err == nil {
			t.Errorf("%d bytes of certificate issued", len(a.Certificate))
		}
	}
}

func TestImportRefuses(t *testing.T) {
	a := authority(t)
	good, other := issue(t, a, "", "example.com"), issue(t, a, "EC_prime256v1", "example.com")
	key := keyOf(t, good)
	for name, tc := range map[string]struct {
		Certificate
		key aws.Secret
	}{
		"nothing":          {},
		"text":             {Certificate{Body: "certificate"}, key},
		"two in one":       {Certificate{Body: good.Body + good.Chain}, key},
		"another's key":    {Certificate{Body: good.Body}, keyOf(t, other)},
		"an encrypted key": {Certificate{Body: good.Body}, "-----BEGIN ENCRYPTED PRIVATE KEY-----"},
		"no key":           {Certificate{Body: good.Body}, "key"},
		"a bad chain":      {Certificate{Body: good.Body, Chain: "chain"}, key},
	} {
		t.Run(name, func(t *testing.T) {
			if err, ok := aws.AsError(tc.CheckImport(tc.key, noon)); !ok || err.Code != "ValidationException" {
				t.Errorf("got %v", err)
			}
		})
	}
	if err := good.CheckImport(key, noon.Add(400*24*time.Hour)); err == nil {
		t.Error("an ended certificate was taken")
	}
	if err := good.CheckImport(key, noon); err != nil || good.Domain != "example.com" {
		t.Errorf("%s, %v", good.Domain, err)
	}
}

func TestNames(t *testing.T) {
	got, err := Names("example.com", []string{"www.example.com", "example.com"})
	if err != nil || strings.Join(got, " ") != "example.com www.example.com" {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "localhost", "a..b", "-a.b.c", "a.*.com", "exa mple.com", "a.b.c."} {
		if _, err := Names(bad, nil); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	var many []string
	for i := range 11 {
		many = append(many, fmt.Sprintf("h%d.example.com", i))
	}
	if _, err := Names("example.com", many); err == nil {
		t.Error("12 names were taken")
	}
}

func TestTagged(t *testing.T) {
	c := Certificate{Tags: map[string]string{"a": "1"}}
	if got, err := c.Tagged(map[string]string{"a": "2", "b": "3"}); err != nil || got["a"] != "2" || len(got) != 2 || c.Tags["a"] != "1" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := c.Tagged(map[string]string{"AWS:x": ""}); err == nil {
		t.Error("a reserved key was taken")
	}
	many := map[string]string{}
	for i := range 50 {
		many[fmt.Sprint(i)] = ""
	}
	if _, err := c.Tagged(many); err == nil {
		t.Error("51 tags were taken")
	}
}

func TestFindIsScoped(t *testing.T) {
	s := store.OpenMemory(Tables()...)
	t.Cleanup(func() { s.Close() })
	c := Certificate{Scope: scope}
	c.ARN = NewARN(&c, "0123")
	if err := s.Update(context.Background(), func(tx *store.Txn) error { Certificates.Put(tx, c); return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := Find(s.Snapshot(), scope, c.ARN); err != nil {
		t.Error(err)
	}
	if err, ok := aws.AsError(second(Find(s.Snapshot(), aws.Scope{Account: "1", Region: "x"}, c.ARN))); !ok || err.Code != "ResourceNotFoundException" {
		t.Errorf("got %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// FuzzImport holds that no text makes the check panic, and that none without a
// key passes.
func FuzzImport(f *testing.F) {
	c := issue(f, authority(f), "EC_prime256v1", "example.com")
	f.Add(c.Body, c.Chain)
	f.Add("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "")
	f.Fuzz(func(t *testing.T, body, chain string) {
		if err := (&Certificate{Body: body, Chain: chain}).CheckImport("", noon); err == nil {
			t.Error("a certificate without a key was taken")
		}
	})
}

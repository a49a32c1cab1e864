package acmctl

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"sync"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/seal"
	"kaimon.dev/kaimon/services/acm"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

var (
	scope = aws.Scope{Account: "123456789012", Region: "eu-west-1"}
	noon  = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
)

// stoppedClock stands still until it is set.
type stoppedClock struct {
	mu  sync.Mutex
	now time.Time
}

// Now implements clock.Clock.
func (c *stoppedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *stoppedClock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// world is a renewer with certificates: "used" and "idle" are issued,
// "imported" is used too.
type world struct {
	t     *testing.T
	store *store.Store
	clock *stoppedClock
	box   *seal.Box
	*Renewer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, store: store.OpenMemory(append(acm.Tables(), elbv2.Tables()...)...), clock: &stoppedClock{now: noon}}
	t.Cleanup(func() { w.store.Close() })
	var err error
	if w.box, err = seal.New(make([]byte, seal.KeySize)); err != nil {
		t.Fatal(err)
	}
	authority, err := acm.NewAuthority(w.box, scope.Account, "01", noon)
	if err != nil {
		t.Fatal(err)
	}
	var rows []acm.Certificate
	for name, kind := range map[string]string{"used": acm.Issued, "idle": acm.Issued, "imported": acm.Imported} {
		c := acm.Certificate{ARN: name, Scope: scope, Type: kind, Domain: "example.com", Names: []string{"example.com"}}
		if err := authority.Issue(w.box, &c, "EC_prime256v1", "02", noon); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, c)
	}
	w.update(func(tx *store.Txn) {
		acm.Authorities.Put(tx, *authority)
		for _, c := range rows {
			acm.Certificates.Put(tx, c)
		}
		elbv2.Listeners.Put(tx, elbv2.Listener{ARN: "l", LoadBalancer: "b", Certificate: "used", Certificates: []string{"imported"}})
	})
	w.Renewer = New(Options{Store: w.store, Clock: w.clock, Seal: w.box, Log: slog.New(slog.DiscardHandler), Every: time.Millisecond})
	return w
}

func (w *world) update(fn func(tx *store.Txn)) {
	w.t.Helper()
	if err := w.store.Update(context.Background(), func(tx *store.Txn) error { fn(tx); return nil }); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) certificate(arn string) (*acm.Certificate, *x509.Certificate) {
	w.t.Helper()
	c, ok := acm.Certificates.Get(w.store.Snapshot(), arn)
	if !ok {
		w.t.Fatalf("no certificate %s", arn)
	}
	leaf, err := c.Leaf()
	if err != nil {
		w.t.Fatal(err)
	}
	return c, leaf
}

func TestRenewal(t *testing.T) {
	w := newWorld(t)
	before, leaf := w.certificate("used")
	due := leaf.NotAfter.Add(-60 * 24 * time.Hour)
	w.clock.set(due.Add(-time.Second))
	if arns := w.due(); len(arns) != 0 {
		t.Errorf("due too early: %v", arns)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	w.clock.set(due)
	deadline := time.After(10 * time.Second)
	for after, _ := w.certificate("used"); after.RenewedAt.IsZero(); after, _ = w.certificate("used") {
		select {
		case <-deadline:
			t.Fatal("never renewed")
		case <-time.After(time.Millisecond):
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	after, renewed := w.certificate("used")
	if !after.RenewedAt.Equal(due) || !renewed.NotAfter.After(leaf.NotAfter) || renewed.NotAfter.Before(due.Add(390*24*time.Hour)) ||
		after.Domain != before.Domain || renewed.DNSNames[0] != "example.com" || acm.KeyAlgorithm(renewed) != "EC_prime256v1" {
		t.Errorf("renewed as %+v, until %s", after, renewed.NotAfter)
	}
	key, err := after.PrivateKey(w.box)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tls.X509KeyPair([]byte(after.Body), []byte(key)); err != nil {
		t.Error(err)
	}
	if old, _ := before.PrivateKey(w.box); old == key {
		t.Error("the key is the old one")
	}
	for _, name := range []string{"idle", "imported"} {
		if c, _ := w.certificate(name); !c.RenewedAt.IsZero() {
			t.Errorf("%s was renewed", name)
		}
	}
	if arns := w.due(); len(arns) != 0 {
		t.Errorf("due again: %v", arns)
	}
}

func TestRenewalOfWhatIsGone(t *testing.T) {
	w := newWorld(t)
	_, leaf := w.certificate("used")
	w.clock.set(leaf.NotAfter.Add(time.Hour)) // the server was off until after its end
	if arns := w.due(); len(arns) != 1 || arns[0] != "used" {
		t.Fatalf("due: %v", arns)
	}
	w.update(func(tx *store.Txn) { acm.Certificates.Delete(tx, "used") })
	if err := w.renew(t.Context(), "used"); err != nil {
		t.Error(err)
	}
	if _, ok := acm.Certificates.Get(w.store.Snapshot(), "used"); ok {
		t.Error("a deleted certificate is back")
	}
	if err := w.renew(t.Context(), "idle"); err != nil {
		t.Error(err)
	}
	if c, _ := w.certificate("idle"); !c.RenewedAt.IsZero() {
		t.Error("renewed, though nobody uses it")
	}
	w.update(func(tx *store.Txn) {
		elbv2.Listeners.Put(tx, elbv2.Listener{ARN: "l", LoadBalancer: "b", Certificate: "idle"})
		a, _ := acm.Authorities.Get(tx, scope.Account)
		broken := *a
		broken.SealedKey = nil
		acm.Authorities.Put(tx, broken)
	})
	if err := w.renew(t.Context(), "idle"); err == nil {
		t.Error("renewed by an authority without a key")
	}
	w.update(func(tx *store.Txn) { acm.Authorities.Delete(tx, scope.Account) })
	if err := w.renew(t.Context(), "idle"); err != nil {
		t.Error(err)
	}
}

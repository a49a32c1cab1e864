package acmctl

import (
	"context"
	"log/slog"
	"time"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/seal"
	"kaimon.dev/kaimon/reconcile"
	"kaimon.dev/kaimon/services/acm"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// serialBytes is the length of serial numbers, below the 20 bytes of RFC 5280.
const serialBytes = 16

// Options are what a Renewer works with.
type Options struct {
	Store *store.Store
	Clock clock.Clock
	Seal  *seal.Box
	Log   *slog.Logger
	// Every is how often certificates are looked at; an hour if zero.
	Every time.Duration
}

// Renewer renews certificates.
type Renewer struct {
	Options
	loop *reconcile.Loop
}

// New returns a renewer that Run sets to work.
func New(o Options) *Renewer {
	if o.Every <= 0 {
		o.Every = time.Hour
	}
	r := &Renewer{Options: o}
	r.loop = reconcile.New(reconcile.Options{
		Name: "acm", Workers: 1, Log: o.Log, Keys: r.due, Resync: o.Every,
	}, func(ctx context.Context, arn string) (reconcile.Result, error) {
		return reconcile.Result{}, r.renew(ctx, arn)
	})
	return r
}

// Stats are the loop's counters, for health.
func (r *Renewer) Stats() reconcile.Stats { return r.loop.Stats() }

// Run renews until ctx ends.
func (r *Renewer) Run(ctx context.Context) error { return r.loop.Run(ctx) }

// due lists the certificates whose time has come.
func (r *Renewer) due() (arns []string) {
	rows, now := r.Store.Snapshot(), r.Clock.Now()
	for c := range acm.Certificates.All(rows) {
		if isDue(rows, c, now) {
			arns = append(arns, c.ARN)
		}
	}
	return arns
}

// isDue says whether a certificate is to be renewed: one that load balancers
// show, as on AWS.
func isDue(rows store.Reader, c *acm.Certificate, now time.Time) bool {
	return c.RenewalDue(now) && len(elbv2.UsersOfCertificate(rows, c.ARN)) > 0
}

// renew issues a certificate anew, under its ARN.
func (r *Renewer) renew(ctx context.Context, arn string) error {
	rows, now := r.Store.Snapshot(), r.Clock.Now()
	have, ok := acm.Certificates.Get(rows, arn)
	if !ok || !isDue(rows, have, now) {
		return nil
	}
	authority, ok := acm.Authorities.Get(rows, have.Scope.Account)
	if !ok {
		return nil // it has issued nothing
	}
	row, algorithm, err := have.Renewed(now)
	if err != nil {
		return err
	}
	if err := authority.Issue(r.Seal, &row, algorithm, clock.Hex(serialBytes), now); err != nil {
		return err
	}
	return r.Store.Update(ctx, func(tx *store.Txn) error {
		now, ok := acm.Certificates.Get(tx, arn)
		if !ok {
			return nil // deleted meanwhile
		}
		row.Tags = now.Tags
		acm.Certificates.Put(tx, row)
		return nil
	})
}

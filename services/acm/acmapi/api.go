package acmapi

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/seal"
	"kaimon.dev/kaimon/services/acm"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// Handlers implements API over the store.
type Handlers struct {
	Store *store.Store
	Clock clock.Clock
	// Seal keeps private keys.
	Seal *seal.Box
}

var _ API = (*Handlers)(nil)

// find returns a certificate of the caller's.
func find(ctx context.Context, r store.Reader, arn *string) (*acm.Certificate, error) {
	if a, err := aws.ParseARN(wire.Val(arn)); err != nil || a.Service != "acm" || a.Type() != "certificate" {
		return nil, acm.ErrInvalidARN(wire.Val(arn))
	}
	return acm.Find(r, aws.CallerFrom(ctx).Scope(), *arn)
}

// DeleteCertificate implements API.
func (h *Handlers) DeleteCertificate(ctx context.Context, in *DeleteCertificateInput) (*DeleteCertificateOutput, error) {
	return &DeleteCertificateOutput{}, h.Store.Update(ctx, func(tx *store.Txn) error {
		c, err := find(ctx, tx, in.CertificateArn)
		if err != nil {
			return err
		}
		if len(elbv2.UsersOfCertificate(tx, c.ARN)) > 0 {
			return acm.ErrInUse(c.Scope, c.ARN)
		}
		acm.Certificates.Delete(tx, c.ARN)
		return nil
	})
}

// GetCertificate implements API.
func (h *Handlers) GetCertificate(ctx context.Context, in *GetCertificateInput) (*GetCertificateOutput, error) {
	c, err := find(ctx, h.Store.Snapshot(), in.CertificateArn)
	if err != nil {
		return nil, err
	}
	return &GetCertificateOutput{Certificate: &c.Body, CertificateChain: wire.Optional(c.Chain)}, nil
}

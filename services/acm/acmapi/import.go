package acmapi

import (
	"context"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/acm"
	"kaimon.dev/kaimon/store"
)

// ImportCertificate implements API. With the ARN of an imported certificate it
// replaces that one, and load balancers show the new one at once.
func (h *Handlers) ImportCertificate(ctx context.Context, in *ImportCertificateInput) (*ImportCertificateOutput, error) {
	asked := acm.Certificate{
		Scope: aws.CallerFrom(ctx).Scope(), Type: acm.Imported, CreatedAt: h.Clock.Now(),
		Body: withNewline(in.Certificate), Chain: withNewline(in.CertificateChain),
	}
	if in.CertificateArn != nil {
		asked.ARN = *in.CertificateArn
	} else {
		asked.ARN = acm.NewARN(&asked, clock.UUID())
	}
	key := withNewline(in.PrivateKey)
	if err := asked.CheckImport(aws.Secret(key), h.Clock.Now()); err != nil {
		return nil, err
	}
	asked.SealKey(h.Seal, []byte(key))
	var err error
	if asked.Tags, err = taggedWith(&asked, in.Tags); err != nil {
		return nil, err
	}
	err = h.Store.Update(ctx, func(tx *store.Txn) error {
		if in.CertificateArn != nil {
			have, err := find(ctx, tx, in.CertificateArn)
			switch {
			case err != nil:
				return err
			case have.Type != acm.Imported:
				return acm.ErrValidation("The certificate %s was not imported and cannot be replaced.", have.ARN)
			case len(in.Tags) > 0:
				return acm.ErrInvalidParameter("You cannot apply tags when reimporting a certificate.")
			}
			asked.CreatedAt, asked.Tags = have.CreatedAt, have.Tags
		}
		acm.Certificates.Put(tx, asked)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ImportCertificateOutput{CertificateArn: &asked.ARN}, nil
}

// withNewline ends PEM text as concatenation needs it.
func withNewline(pem []byte) string {
	if len(pem) == 0 {
		return ""
	}
	return strings.TrimRight(string(pem), "\r\n") + "\n"
}

package acmapi

import (
	"context"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/acm"
	"kaimon.dev/kaimon/store"
)

// serialBytes is the length of serial numbers, below the 20 bytes of RFC 5280.
const serialBytes = 16

// RequestCertificate implements API. The account's own authority issues at
// once, whoever owns the domain: it counts for those alone who trust it.
func (h *Handlers) RequestCertificate(ctx context.Context, in *RequestCertificateInput) (*RequestCertificateOutput, error) {
	asked, err := h.nounRequest(ctx, in)
	if err != nil {
		return nil, err
	}
	if have, ok := requested(h.Store.Snapshot(), asked); ok {
		return &RequestCertificateOutput{CertificateArn: &have.ARN}, nil
	}
	authority, err := h.authority(ctx, asked.Scope.Account)
	if err != nil {
		return nil, err
	}
	if err := authority.Issue(h.Seal, asked, wire.Val(in.KeyAlgorithm), clock.Hex(serialBytes), h.Clock.Now()); err != nil {
		return nil, err
	}
	arn := asked.ARN
	err = h.Store.Update(ctx, func(tx *store.Txn) error {
		if have, ok := requested(tx, asked); ok {
			arn = have.ARN
			return nil
		}
		acm.Certificates.Put(tx, *asked)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &RequestCertificateOutput{CertificateArn: &arn}, nil
}

func (h *Handlers) nounRequest(ctx context.Context, in *RequestCertificateInput) (*acm.Certificate, error) {
	switch {
	case in.CertificateAuthorityArn != nil:
		return nil, acm.ErrInvalidParameter("A private certificate authority is not supported by Kaimon.")
	case in.ManagedBy != nil:
		return nil, acm.ErrInvalidParameter("ManagedBy is not supported by Kaimon.")
	case in.Options != nil && wire.Val(in.Options.Export) == "ENABLED":
		return nil, acm.ErrInvalidParameter("Export of certificates is not supported by Kaimon.")
	}
	c := &acm.Certificate{
		Scope: aws.CallerFrom(ctx).Scope(), Type: acm.Issued, Domain: wire.Val(in.DomainName),
		ValidationMethod: wire.Val(in.ValidationMethod), Token: wire.Val(in.IdempotencyToken), CreatedAt: h.Clock.Now(),
	}
	switch c.ValidationMethod {
	case "":
		c.ValidationMethod = "DNS"
	case "HTTP":
		return nil, acm.ErrInvalidParameter("HTTP validation is not supported for this certificate.")
	}
	c.ARN = acm.NewARN(c, clock.UUID())
	var err error
	if c.Names, err = acm.Names(c.Domain, in.SubjectAlternativeNames); err != nil {
		return nil, err
	}
	c.Tags, err = taggedWith(c, in.Tags)
	return c, err
}

// requested returns the certificate that an earlier request with the same token
// and names made.
func requested(r store.Reader, asked *acm.Certificate) (*acm.Certificate, bool) {
	if asked.Token == "" {
		return nil, false
	}
	for c := range acm.In(r, asked.Scope) {
		if c.Token == asked.Token && slices.Equal(c.Names, asked.Names) {
			return c, true
		}
	}
	return nil, false
}

// authority returns the account's authority, and makes it at the first request.
func (h *Handlers) authority(ctx context.Context, account string) (*acm.Authority, error) {
	if a, ok := acm.Authorities.Get(h.Store.Snapshot(), account); ok {
		return a, nil
	}
	made, err := acm.NewAuthority(h.Seal, account, clock.Hex(serialBytes), h.Clock.Now())
	if err != nil {
		return nil, err
	}
	return made, h.Store.Update(ctx, func(tx *store.Txn) error {
		if a, ok := acm.Authorities.Get(tx, account); ok {
			made = a
			return nil
		}
		acm.Authorities.Put(tx, *made)
		return nil
	})
}

package elbv2api

import (
	"context"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// changeCertificates changes a listener's further certificates.
func (h *Handlers) changeCertificates(ctx context.Context, arn *string, fn func(*elbv2.Listener) error) error {
	return h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		l, err := elbv2.FindListener(tx, s, wire.Val(arn))
		if err != nil {
			return err
		}
		if !l.Secure() {
			return elbv2.ErrInvalidConfiguration("Certificates cannot be specified for %s listeners", l.Protocol)
		}
		changed := *l
		changed.Certificates = slices.Clone(l.Certificates)
		if err := fn(&changed); err != nil {
			return err
		}
		if err := changed.Check(tx); err != nil {
			return err
		}
		elbv2.Listeners.Put(tx, changed)
		return nil
	})
}

// AddListenerCertificates implements API. One that is there already is no error.
func (h *Handlers) AddListenerCertificates(ctx context.Context, in *AddListenerCertificatesInput) (*AddListenerCertificatesOutput, error) {
	out := &AddListenerCertificatesOutput{}
	err := h.changeCertificates(ctx, in.ListenerArn, func(l *elbv2.Listener) error {
		for _, c := range in.Certificates {
			if c.IsDefault != nil {
				return elbv2.ErrValidation("You cannot specify 'IsDefault' for a certificate")
			}
			arn := wire.Val(c.CertificateArn)
			if !slices.Contains(l.Certificates, arn) {
				l.Certificates = append(l.Certificates, arn)
			}
			out.Certificates = append(out.Certificates, Certificate{CertificateArn: &arn, IsDefault: wire.Ptr(false)})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// RemoveListenerCertificates implements API.
func (h *Handlers) RemoveListenerCertificates(ctx context.Context, in *RemoveListenerCertificatesInput) (*RemoveListenerCertificatesOutput, error) {
	return &RemoveListenerCertificatesOutput{}, h.changeCertificates(ctx, in.ListenerArn, func(l *elbv2.Listener) error {
		for _, c := range in.Certificates {
			arn := wire.Val(c.CertificateArn)
			if arn == l.Certificate {
				return elbv2.ErrNotPermitted("The default certificate cannot be removed from listener '%s'", l.ARN)
			}
			l.Certificates = slices.DeleteFunc(l.Certificates, func(have string) bool { return have == arn })
		}
		return nil
	})
}

// DescribeListenerCertificates implements API.
func (h *Handlers) DescribeListenerCertificates(ctx context.Context, in *DescribeListenerCertificatesInput) (*DescribeListenerCertificatesOutput, error) {
	r, scope := h.open(ctx)
	l, err := elbv2.FindListener(r, scope, wire.Val(in.ListenerArn))
	if err != nil {
		return nil, err
	}
	arns := sortedBy(l.AllCertificates(), func(s string) string { return s })
	arns, next, err := cut("DescribeListenerCertificates", in.Marker, in.PageSize, arns, func(s string) string { return s })
	if err != nil {
		return nil, err
	}
	out := &DescribeListenerCertificatesOutput{NextMarker: next, Certificates: []Certificate{}}
	for _, arn := range arns {
		out.Certificates = append(out.Certificates, Certificate{CertificateArn: &arn, IsDefault: wire.Ptr(arn == l.Certificate)})
	}
	return out, nil
}

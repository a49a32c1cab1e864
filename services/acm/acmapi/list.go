package acmapi

import (
	"context"
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/page"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/acm"
)

// ListCertificates implements API. Without a filter by key type it lists RSA
// keys of 1024 and 2048 bits alone, as ACM does (API Reference, Filters).
func (h *Handlers) ListCertificates(ctx context.Context, in *ListCertificatesInput) (*ListCertificatesOutput, error) {
	if (in.SortBy == nil) != (in.SortOrder == nil) {
		return nil, acm.ErrValidation("SortBy and SortOrder must be specified together.")
	}
	r := h.Store.Snapshot()
	rows := []CertificateSummary{}
	for c := range acm.In(r, aws.CallerFrom(ctx).Scope()) {
		detail, err := h.detail(r, c)
		if err != nil {
			return nil, err
		}
		if listed(detail, in) {
			rows = append(rows, summary(detail))
		}
	}
	key := func(s CertificateSummary) string { return *s.CertificateArn }
	if in.SortBy != nil {
		key = func(s CertificateSummary) string {
			return s.CreatedAt.UTC().Format("20060102150405.000") + *s.CertificateArn
		}
	}
	compare := strings.Compare
	if wire.Val(in.SortOrder) == "DESCENDING" {
		compare = func(a, b string) int { return strings.Compare(b, a) }
	}
	slices.SortFunc(rows, func(a, b CertificateSummary) int { return compare(key(a), key(b)) })
	size := 1000
	if in.MaxItems != nil {
		size = int(*in.MaxItems)
	}
	rows, next, ok := page.Cut("ListCertificates", wire.Val(in.NextToken), size, rows, key, compare)
	if !ok {
		return nil, acm.ErrValidation("The next token is not valid.")
	}
	return &ListCertificatesOutput{CertificateSummaryList: rows, NextToken: wire.Optional(next)}, nil
}

// listed says whether a certificate passes a request's filters.
func listed(c *CertificateDetail, in *ListCertificatesInput) bool {
	types := []string{"RSA_1024", "RSA_2048"}
	passes := func(want []string, have ...string) bool {
		return len(want) == 0 || slices.ContainsFunc(have, func(h string) bool { return slices.Contains(want, h) })
	}
	if f := in.Includes; f != nil {
		if len(f.KeyTypes) > 0 {
			types = f.KeyTypes
		}
		if !passes(f.KeyUsage, usageNames(c)...) || !passes(f.ExtendedKeyUsage, extendedNames(c)...) ||
			f.ManagedBy != nil || wire.Val(f.ExportOption) == "ENABLED" {
			return false
		}
	}
	return passes(in.CertificateStatuses, *c.Status) && passes(types, *c.KeyAlgorithm)
}

func usageNames(c *CertificateDetail) (out []string) {
	for _, u := range c.KeyUsages {
		out = append(out, *u.Name)
	}
	return out
}

func extendedNames(c *CertificateDetail) (out []string) {
	for _, u := range c.ExtendedKeyUsages {
		out = append(out, *u.Name)
	}
	return out
}

func summary(c *CertificateDetail) CertificateSummary {
	return CertificateSummary{
		CertificateArn: c.CertificateArn, DomainName: c.DomainName, SubjectAlternativeNameSummaries: c.SubjectAlternativeNames,
		HasAdditionalSubjectAlternativeNames: wire.Ptr(false), Status: c.Status, Type: c.Type, KeyAlgorithm: c.KeyAlgorithm,
		KeyUsages: usageNames(c), ExtendedKeyUsages: extendedNames(c), InUse: wire.Ptr(len(c.InUseBy) > 0), Exported: wire.Ptr(false),
		RenewalEligibility: c.RenewalEligibility, NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		CreatedAt: c.CreatedAt, IssuedAt: c.IssuedAt, ImportedAt: c.ImportedAt,
	}
}

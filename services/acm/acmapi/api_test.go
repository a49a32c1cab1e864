package acmapi

import (
	"context"
	"errors"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/seal"
	"kaimon.dev/kaimon/services/acm"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

type stoppedClock struct{ now time.Time }

func (c *stoppedClock) Now() time.Time { return c.now }

var ctx = aws.WithCaller(context.Background(), aws.Caller{Account: "123456789012", Region: "eu-west-1"})

func newHandlers(t *testing.T) (*Handlers, *stoppedClock) {
	t.Helper()
	s := store.OpenMemory(append(acm.Tables(), elbv2.Tables()...)...)
	t.Cleanup(func() { s.Close() })
	clock := &stoppedClock{time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)}
	box, err := seal.New(make([]byte, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return &Handlers{Store: s, Clock: clock, Seal: box}, clock
}

func refused(t *testing.T, code string, err error) {
	t.Helper()
	if !errors.Is(err, &aws.Error{Code: code}) {
		t.Errorf("got %v, want %s", err, code)
	}
}

func request(t *testing.T, h *Handlers, in *RequestCertificateInput) *string {
	t.Helper()
	if in.DomainName == nil {
		in.DomainName = wire.Ptr("example.com")
	}
	out, err := h.RequestCertificate(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	return out.CertificateArn
}

func describe(t *testing.T, h *Handlers, arn *string) *CertificateDetail {
	t.Helper()
	out, err := h.DescribeCertificate(ctx, &DescribeCertificateInput{CertificateArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	return out.Certificate
}

func TestRequest(t *testing.T) {
	h, clock := newHandlers(t)
	arn := request(t, h, &RequestCertificateInput{
		SubjectAlternativeNames: []string{"*.example.com"}, ValidationMethod: wire.Ptr("DNS"), IdempotencyToken: wire.Ptr("t"),
	})
	again := request(t, h, &RequestCertificateInput{SubjectAlternativeNames: []string{"*.example.com"}, IdempotencyToken: wire.Ptr("t")})
	if *again != *arn {
		t.Error("the same token made another certificate")
	}
	c := describe(t, h, arn)
	if *c.Status != "ISSUED" || *c.Type != "AMAZON_ISSUED" || *c.KeyAlgorithm != "RSA_2048" || len(c.SubjectAlternativeNames) != 2 ||
		*c.SignatureAlgorithm != "SHA256WITHECDSA" || len(c.DomainValidationOptions) != 2 || len(c.KeyUsages) != 2 || len(c.ExtendedKeyUsages) != 2 {
		t.Errorf("certificate %+v", c)
	}
	one, two := c.DomainValidationOptions[0], c.DomainValidationOptions[1]
	if *one.ValidationStatus != "SUCCESS" || *one.ResourceRecord.Name != *two.ResourceRecord.Name {
		t.Errorf("validation %+v", c.DomainValidationOptions)
	}
	got, err := h.GetCertificate(ctx, &GetCertificateInput{CertificateArn: arn})
	if err != nil || got.CertificateChain == nil {
		t.Errorf("got %+v, %v", got, err)
	}
	clock.now = clock.now.Add(400 * 24 * time.Hour)
	if c := describe(t, h, arn); *c.Status != "EXPIRED" {
		t.Errorf("status %s", *c.Status)
	}
}

func TestRequestRefusals(t *testing.T) {
	h, _ := newHandlers(t)
	for code, in := range map[string]*RequestCertificateInput{
		"ValidationException": {DomainName: wire.Ptr("localhost")},
		"InvalidTagException": {DomainName: wire.Ptr("a.example"), Tags: []Tag{{Key: wire.Ptr("a")}, {Key: wire.Ptr("a")}}},
	} {
		_, err := h.RequestCertificate(ctx, in)
		refused(t, code, err)
	}
	for _, in := range []*RequestCertificateInput{
		{CertificateAuthorityArn: wire.Ptr("arn")}, {ManagedBy: wire.Ptr("CLOUDFRONT")}, {ValidationMethod: wire.Ptr("HTTP")},
		{Options: &CertificateOptions{Export: wire.Ptr("ENABLED")}}, {KeyAlgorithm: wire.Ptr("RSA_4096")},
	} {
		in.DomainName = wire.Ptr("example.com")
		_, err := h.RequestCertificate(ctx, in)
		refused(t, "InvalidParameterException", err)
	}
}

func TestImport(t *testing.T) {
	h, _ := newHandlers(t)
	issued := request(t, h, &RequestCertificateInput{KeyAlgorithm: wire.Ptr("EC_prime256v1")})
	row, _ := acm.Certificates.Get(h.Store.Snapshot(), *issued)
	key, err := row.PrivateKey(h.Seal)
	if err != nil {
		t.Fatal(err)
	}
	in := &ImportCertificateInput{
		Certificate: []byte(row.Body), PrivateKey: []byte(key), CertificateChain: []byte(row.Chain),
		Tags: []Tag{{Key: wire.Ptr("team"), Value: wire.Ptr("a")}},
	}
	out, err := h.ImportCertificate(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	if c := describe(t, h, out.CertificateArn); *c.Type != "IMPORTED" || *c.DomainName != "example.com" || c.ImportedAt == nil || c.IssuedAt != nil {
		t.Errorf("certificate %+v", c)
	}
	in.CertificateArn = out.CertificateArn
	_, err = h.ImportCertificate(ctx, in)
	refused(t, "InvalidParameterException", err)
	in.Tags = nil
	if again, err := h.ImportCertificate(ctx, in); err != nil || *again.CertificateArn != *out.CertificateArn {
		t.Errorf("replaced: %+v, %v", again, err)
	}
	if tags, err := h.ListTagsForCertificate(ctx, &ListTagsForCertificateInput{CertificateArn: out.CertificateArn}); err != nil || len(tags.Tags) != 1 {
		t.Errorf("tags %+v, %v", tags, err)
	}
	in.CertificateArn = issued
	_, err = h.ImportCertificate(ctx, in)
	refused(t, "ValidationException", err)
	in.CertificateArn, in.PrivateKey = nil, []byte("key")
	_, err = h.ImportCertificate(ctx, in)
	refused(t, "ValidationException", err)
}

func TestDelete(t *testing.T) {
	h, _ := newHandlers(t)
	arn := request(t, h, &RequestCertificateInput{})
	use := elbv2.Listener{ARN: "listener", LoadBalancer: "balancer", Protocol: elbv2.HTTPS, Certificate: *arn}
	if err := h.Store.Update(ctx, func(tx *store.Txn) error { elbv2.Listeners.Put(tx, use); return nil }); err != nil {
		t.Fatal(err)
	}
	if c := describe(t, h, arn); len(c.InUseBy) != 1 || c.InUseBy[0] != "balancer" || *c.RenewalEligibility != "ELIGIBLE" || c.RenewalSummary != nil {
		t.Errorf("in use %+v", c)
	}
	renewed, _ := acm.Certificates.Get(h.Store.Snapshot(), *arn)
	row := *renewed
	row.RenewedAt = row.CreatedAt.Add(time.Hour)
	if err := h.Store.Update(ctx, func(tx *store.Txn) error { acm.Certificates.Put(tx, row); return nil }); err != nil {
		t.Fatal(err)
	}
	if c := describe(t, h, arn); c.RenewalSummary == nil || *c.RenewalSummary.RenewalStatus != "SUCCESS" || !c.RenewalSummary.UpdatedAt.Equal(row.RenewedAt) {
		t.Errorf("renewed %+v", c)
	}
	_, err := h.DeleteCertificate(ctx, &DeleteCertificateInput{CertificateArn: arn})
	refused(t, "ResourceInUseException", err)
	if err := h.Store.Update(ctx, func(tx *store.Txn) error { elbv2.Listeners.Delete(tx, "listener"); return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := h.DeleteCertificate(ctx, &DeleteCertificateInput{CertificateArn: arn}); err != nil {
		t.Error(err)
	}
	_, err = h.DescribeCertificate(ctx, &DescribeCertificateInput{CertificateArn: arn})
	refused(t, "ResourceNotFoundException", err)
	_, err = h.DescribeCertificate(ctx, &DescribeCertificateInput{CertificateArn: wire.Ptr("arn:aws:acm:eu-west-1:123456789012:key/1")})
	refused(t, "InvalidArnException", err)
}

func TestList(t *testing.T) {
	h, clock := newHandlers(t)
	for _, algorithm := range []string{"RSA_2048", "EC_prime256v1", "RSA_2048"} {
		request(t, h, &RequestCertificateInput{KeyAlgorithm: wire.Ptr(algorithm)})
		clock.now = clock.now.Add(time.Second)
	}
	count := func(in *ListCertificatesInput) int {
		t.Helper()
		out, err := h.ListCertificates(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		return len(out.CertificateSummaryList)
	}
	for want, in := range map[int]*ListCertificatesInput{
		2: {}, 1: {Includes: &Filters{KeyTypes: []string{"EC_prime256v1"}}}, 0: {CertificateStatuses: []string{"EXPIRED"}},
		3: {Includes: &Filters{KeyTypes: []string{"RSA_2048", "EC_prime256v1"}, ExtendedKeyUsage: []string{"TLS_WEB_SERVER_AUTHENTICATION"}, KeyUsage: []string{"DIGITAL_SIGNATURE"}}},
	} {
		if got := count(in); got != want {
			t.Errorf("%+v: %d, want %d", in, got, want)
		}
	}
	sorted := &ListCertificatesInput{MaxItems: wire.Ptr(int32(1)), SortBy: wire.Ptr("CREATED_AT"), SortOrder: wire.Ptr("DESCENDING")}
	first, err := h.ListCertificates(ctx, sorted)
	if err != nil {
		t.Fatal(err)
	}
	sorted.NextToken = first.NextToken
	next, err := h.ListCertificates(ctx, sorted)
	if err != nil || !next.CertificateSummaryList[0].CreatedAt.Before(*first.CertificateSummaryList[0].CreatedAt) {
		t.Errorf("second page %+v, %v", next, err)
	}
	for _, bad := range []*ListCertificatesInput{{SortBy: wire.Ptr("CREATED_AT")}, {NextToken: wire.Ptr("x")}} {
		_, err := h.ListCertificates(ctx, bad)
		refused(t, "ValidationException", err)
	}
}

func TestTags(t *testing.T) {
	h, _ := newHandlers(t)
	arn := request(t, h, &RequestCertificateInput{Tags: []Tag{{Key: wire.Ptr("a"), Value: wire.Ptr("1")}}})
	if _, err := h.AddTagsToCertificate(ctx, &AddTagsToCertificateInput{CertificateArn: arn, Tags: []Tag{{Key: wire.Ptr("b"), Value: wire.Ptr("2")}}}); err != nil {
		t.Fatal(err)
	}
	_, err := h.RemoveTagsFromCertificate(ctx, &RemoveTagsFromCertificateInput{CertificateArn: arn, Tags: []Tag{
		{Key: wire.Ptr("a"), Value: wire.Ptr("other")}, {Key: wire.Ptr("b")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	out, err := h.ListTagsForCertificate(ctx, &ListTagsForCertificateInput{CertificateArn: arn})
	if err != nil || len(out.Tags) != 1 || *out.Tags[0].Key != "a" {
		t.Errorf("tags %+v, %v", out, err)
	}
}

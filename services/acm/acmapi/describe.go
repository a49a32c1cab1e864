package acmapi

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strings"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/acm"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// DescribeCertificate implements API.
func (h *Handlers) DescribeCertificate(ctx context.Context, in *DescribeCertificateInput) (*DescribeCertificateOutput, error) {
	r := h.Store.Snapshot()
	c, err := find(ctx, r, in.CertificateArn)
	if err != nil {
		return nil, err
	}
	detail, err := h.detail(r, c)
	return &DescribeCertificateOutput{Certificate: detail}, err
}

func (h *Handlers) detail(r store.Reader, c *acm.Certificate) (*CertificateDetail, error) {
	leaf, err := c.Leaf()
	if err != nil {
		return nil, fmt.Errorf("certificate %s: %w", c.ARN, err)
	}
	out := &CertificateDetail{
		CertificateArn: &c.ARN, DomainName: &c.Domain, SubjectAlternativeNames: c.Names,
		Serial: wire.Ptr(colons(leaf.SerialNumber.Bytes())), Subject: wire.Ptr(leaf.Subject.String()), Issuer: wire.Ptr(leaf.Issuer.CommonName),
		CreatedAt: &c.CreatedAt, Status: wire.Ptr(h.status(leaf)), NotBefore: &leaf.NotBefore, NotAfter: &leaf.NotAfter,
		KeyAlgorithm: wire.Ptr(acm.KeyAlgorithm(leaf)), SignatureAlgorithm: wire.Ptr(signatureAlgorithm(leaf)),
		InUseBy: elbv2.UsersOfCertificate(r, c.ARN), Type: &c.Type, RenewalEligibility: wire.Ptr("INELIGIBLE"),
		Options: &CertificateOptions{CertificateTransparencyLoggingPreference: wire.Ptr("DISABLED")},
	}
	if out.InUseBy == nil {
		out.InUseBy = []string{}
	}
	for bit, name := range keyUsages {
		if leaf.KeyUsage&(1<<bit) != 0 {
			out.KeyUsages = append(out.KeyUsages, KeyUsage{Name: wire.Ptr(name)})
		}
	}
	for _, use := range leaf.ExtKeyUsage {
		if x, ok := extendedUsages[use]; ok {
			out.ExtendedKeyUsages = append(out.ExtendedKeyUsages, ExtendedKeyUsage{Name: wire.Ptr(x.name), OID: wire.Ptr(x.oid)})
		}
	}
	if c.Type == acm.Imported {
		out.ImportedAt = &c.CreatedAt
		return out, nil
	}
	out.IssuedAt = &c.CreatedAt
	if len(out.InUseBy) > 0 {
		out.RenewalEligibility = wire.Ptr("ELIGIBLE")
	}
	for _, name := range c.Names {
		out.DomainValidationOptions = append(out.DomainValidationOptions, validation(c, name))
	}
	if !c.RenewedAt.IsZero() {
		out.RenewalSummary = &RenewalSummary{
			RenewalStatus: wire.Ptr("SUCCESS"), UpdatedAt: &c.RenewedAt, DomainValidationOptions: out.DomainValidationOptions,
		}
	}
	return out, nil
}

// status is ISSUED until a certificate ends.
func (h *Handlers) status(leaf *x509.Certificate) string {
	if h.Clock.Now().After(leaf.NotAfter) {
		return "EXPIRED"
	}
	return "ISSUED"
}

// validation shows a name as validated, with the record that AWS would ask for:
// tools create it.
func validation(c *acm.Certificate, name string) DomainValidation {
	base := strings.TrimPrefix(name, "*.")
	out := DomainValidation{
		DomainName: wire.Ptr(name), ValidationDomain: &base, ValidationMethod: &c.ValidationMethod, ValidationStatus: wire.Ptr("SUCCESS"),
	}
	if c.ValidationMethod == "DNS" {
		sum := sha256.Sum256([]byte(c.Scope.Account + "/" + base))
		out.ResourceRecord = &ResourceRecord{
			Name: wire.Ptr("_" + hex.EncodeToString(sum[:16]) + "." + base + "."), Type: wire.Ptr("CNAME"),
			Value: wire.Ptr("_" + hex.EncodeToString(sum[16:]) + ".acm-validations.aws."),
		}
	}
	return out
}

// keyUsages are ACM's words by the bits of x509.KeyUsage.
var keyUsages = []string{
	"DIGITAL_SIGNATURE", "NON_REPUDIATION", "KEY_ENCIPHERMENT", "DATA_ENCIPHERMENT", "KEY_AGREEMENT",
	"CERTIFICATE_SIGNING", "CRL_SIGNING", "ENCIPHER_ONLY", "DECIPHER_ONLY",
}

var extendedUsages = map[x509.ExtKeyUsage]struct{ name, oid string }{
	x509.ExtKeyUsageAny:             {"ANY", "2.5.29.37.0"},
	x509.ExtKeyUsageServerAuth:      {"TLS_WEB_SERVER_AUTHENTICATION", "1.3.6.1.5.5.7.3.1"},
	x509.ExtKeyUsageClientAuth:      {"TLS_WEB_CLIENT_AUTHENTICATION", "1.3.6.1.5.5.7.3.2"},
	x509.ExtKeyUsageCodeSigning:     {"CODE_SIGNING", "1.3.6.1.5.5.7.3.3"},
	x509.ExtKeyUsageEmailProtection: {"EMAIL_PROTECTION", "1.3.6.1.5.5.7.3.4"},
	x509.ExtKeyUsageTimeStamping:    {"TIME_STAMPING", "1.3.6.1.5.5.7.3.8"},
	x509.ExtKeyUsageOCSPSigning:     {"OCSP_SIGNING", "1.3.6.1.5.5.7.3.9"},
}

// signatureAlgorithm is such as "SHA256WITHRSA".
func signatureAlgorithm(leaf *x509.Certificate) string {
	method, hash, _ := strings.Cut(leaf.SignatureAlgorithm.String(), "-")
	if method == "ECDSA" {
		return hash + "WITHECDSA"
	}
	return method + "WITH" + hash
}

func colons(b []byte) string {
	parts := make([]string, len(b))
	for i, x := range b {
		parts[i] = fmt.Sprintf("%02x", x)
	}
	return strings.Join(parts, ":")
}

package acm

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/seal"
)

// Leaf parses the certificate itself.
func (c *Certificate) Leaf() (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(c.Body))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("no PEM certificate")
	}
	return x509.ParseCertificate(block.Bytes)
}

// SealKey gives the certificate its private key, in PEM. The ARN is set already.
func (c *Certificate) SealKey(box *seal.Box, key []byte) { c.SealedKey = box.Seal(key, c.ARN) }

// PrivateKey is the certificate's private key, in PEM.
func (c *Certificate) PrivateKey(box *seal.Box) (aws.Secret, error) {
	key, err := box.Open(c.SealedKey, c.ARN)
	if err != nil {
		return "", fmt.Errorf("private key: %w", err)
	}
	return aws.Secret(key), nil
}

// CheckImport says what is wrong with a certificate and a private key that shall
// be imported, and fills in what it says about itself (ACM User Guide, "Prerequisites for
// importing certificates").
func (c *Certificate) CheckImport(key aws.Secret, now time.Time) error {
	leaf, err := c.Leaf()
	if err != nil {
		return ErrValidation("The certificate field contains more than one certificate or is not a valid PEM certificate: %v.", err)
	}
	if strings.Count(c.Body, "-----BEGIN ") != 1 {
		return ErrValidation("The certificate field contains more than one certificate. You can specify only one certificate in this field.")
	}
	if strings.Contains(string(key), "ENCRYPTED") {
		return ErrValidation("The private key must be unencrypted.")
	}
	if _, err := tls.X509KeyPair([]byte(c.Body), []byte(key)); err != nil {
		if strings.Contains(err.Error(), "does not match") {
			return ErrValidation("The certificate that you provided doesn't match the private key.")
		}
		return ErrValidation("The private key is not supported: %v.", err)
	}
	if c.Chain != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(c.Chain)) {
		return ErrValidation("Could not validate the certificate with the certificate chain.")
	}
	if now.After(leaf.NotAfter) || now.Before(leaf.NotBefore) {
		return ErrValidation("The certificate is not valid at this time.")
	}
	if KeyAlgorithm(leaf) == "" {
		return ErrValidation("The key algorithm of the certificate is not supported.")
	}
	c.Names = leaf.DNSNames
	c.Domain = leaf.Subject.CommonName
	if c.Domain == "" && len(c.Names) > 0 {
		c.Domain = c.Names[0]
	}
	return nil
}

// KeyAlgorithm is a certificate's key in ACM's words, "" for one that ACM doesn't take.
func KeyAlgorithm(leaf *x509.Certificate) string {
	switch key := leaf.PublicKey.(type) {
	case *rsa.PublicKey:
		switch n := key.N.BitLen(); n {
		case 1024, 2048, 3072, 4096:
			return fmt.Sprintf("RSA_%d", n)
		}
	case *ecdsa.PublicKey:
		switch key.Curve.Params().Name {
		case "P-256":
			return "EC_prime256v1"
		case "P-384":
			return "EC_secp384r1"
		case "P-521":
			return "EC_secp521r1"
		}
	}
	return ""
}

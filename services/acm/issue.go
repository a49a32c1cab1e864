package acm

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	"kaimon.dev/kaimon/internal/seal"
)

// Lives of certificates: those that ACM issues are valid for 13 months.
const (
	leafLife      = 395 * 24 * time.Hour
	authorityLife = 10 * 365 * 24 * time.Hour
)

// NewAuthority makes an account's authority, whose key the box seals. The serial
// is a random number in hexadecimal digits.
func NewAuthority(box *seal.Box, account, serial string, now time.Time) (*Authority, error) {
	key, err := newKey("EC_prime256v1")
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: number(serial), NotBefore: now, NotAfter: now.Add(authorityLife),
		Subject:               pkix.Name{Organization: []string{"Kaimon"}, CommonName: "Kaimon local authority of account " + account},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	body, err := sign(template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	text, err := encodeKey(key)
	return &Authority{Account: account, Certificate: body, SealedKey: box.Seal(text, aboutAuthority(account))}, err
}

func aboutAuthority(account string) string { return "acm authority of " + account }

// Issue makes a certificate of the authority for the row's names, and a key for
// it: RSA_2048 unless the algorithm says otherwise. The row has its ARN already.
func (a *Authority) Issue(box *seal.Box, c *Certificate, algorithm, serial string, now time.Time) error {
	parent, err := (&Certificate{Body: a.Certificate}).Leaf()
	if err != nil {
		return fmt.Errorf("the authority's certificate: %w", err)
	}
	opened, err := box.Open(a.SealedKey, aboutAuthority(a.Account))
	if err != nil {
		return fmt.Errorf("the authority's key: %w", err)
	}
	block, _ := pem.Decode(opened)
	if block == nil {
		return fmt.Errorf("the authority's key is not PEM")
	}
	signer, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return fmt.Errorf("the authority's key: %w", err)
	}
	key, err := newKey(algorithm)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: number(serial), NotBefore: now, NotAfter: now.Add(leafLife),
		Subject: pkix.Name{CommonName: c.Domain}, DNSNames: c.Names,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if c.Body, err = sign(template, parent, key.Public(), signer.(crypto.Signer)); err != nil {
		return err
	}
	c.Chain = a.Certificate
	text, err := encodeKey(key)
	if err != nil {
		return err
	}
	c.SealKey(box, text)
	return nil
}

// newKey makes a key. The standard library takes its own secure randomness
// whatever reader it is given.
func newKey(algorithm string) (crypto.Signer, error) {
	switch algorithm {
	case "", "RSA_2048":
		return rsa.GenerateKey(nil, 2048)
	case "EC_prime256v1":
		return ecdsa.GenerateKey(elliptic.P256(), nil)
	case "EC_secp384r1":
		return ecdsa.GenerateKey(elliptic.P384(), nil)
	}
	return nil, ErrInvalidParameter("The key algorithm %s is not supported for requested certificates.", algorithm)
}

func sign(template, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) (string, error) {
	der, err := x509.CreateCertificate(nil, template, parent, public, key)
	if err != nil {
		return "", fmt.Errorf("sign a certificate: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), nil
}

func encodeKey(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// number reads hexadecimal digits.
func number(hex string) *big.Int {
	n, _ := new(big.Int).SetString(hex, 16)
	return n
}

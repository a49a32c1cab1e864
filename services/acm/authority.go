package acm

import "kaimon.dev/kaimon/store"

// Authority is what signs the certificates that an account requests. Its
// certificate is the end of every chain that GetCertificate answers, for users
// to trust. Sole writer: acmapi.
type Authority struct {
	Account string
	// Certificate is PEM, SealedKey its private key.
	Certificate string
	SealedKey   []byte
}

// Authorities holds the authority of each account that has requested a certificate.
var Authorities = store.NewTable("acm.authorities", func(a *Authority) string { return a.Account })

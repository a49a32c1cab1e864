package engine

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// serverTLS is a listener's side of TLS: the certificate is chosen by SNI, the
// first one serves the rest.
func serverTLS(l proxy.Listener, a proxy.Attributes) (*tls.Config, error) {
	if len(l.Certificates) == 0 {
		return nil, errors.New("no certificate")
	}
	c := &tls.Config{MinVersion: lowestVersion(l.TLSPolicy)}
	for i, pair := range l.Certificates {
		cert, err := tls.X509KeyPair([]byte(pair.Chain), []byte(pair.Key))
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", i+1, err)
		}
		c.Certificates = append(c.Certificates, cert)
	}
	if l.Protocol == proxy.HTTPS {
		c.NextProtos = []string{"http/1.1"}
		if !a.NoHTTP2 {
			c.NextProtos = []string{"h2", "http/1.1"}
		}
	}
	return c, nil
}

// lowestVersion reads a security policy's name (Elastic Load Balancing user
// guide, "Security policies"): ELBSecurityPolicy-TLS13-1-2-2021-06 begins at
// 1.2, ELBSecurityPolicy-2016-08 at 1.0.
func lowestVersion(policy string) uint16 {
	switch {
	case strings.Contains(policy, "TLS13-1-3") || strings.Contains(policy, "TLS-1-3"):
		return tls.VersionTLS13
	case strings.Contains(policy, "TLS13-1-1") || strings.Contains(policy, "TLS-1-1"):
		return tls.VersionTLS11
	case strings.Contains(policy, "TLS13-1-0") || strings.HasSuffix(policy, "-2016-08") || strings.HasSuffix(policy, "-2015-05"):
		return tls.VersionTLS10
	}
	return tls.VersionTLS12
}

// targetTLS doesn't verify: load balancers take any certificate of a target.
func targetTLS() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}
}

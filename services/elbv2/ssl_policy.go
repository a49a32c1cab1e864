package elbv2

import "slices"

// SSLPolicy is a named choice of TLS versions (User Guide for Application Load
// Balancers, "Security policies").
type SSLPolicy struct {
	Name string
	// Protocols are such as "TLSv1.2", the oldest first.
	Protocols []string
}

// DefaultSSLPolicy is what the API gives to one that names none.
const DefaultSSLPolicy = "ELBSecurityPolicy-2016-08"

var (
	tls10 = []string{"TLSv1", "TLSv1.1", "TLSv1.2"}
	tls12 = []string{"TLSv1.2"}
)

// SSLPolicies are those that listeners may name.
var SSLPolicies = []SSLPolicy{
	{DefaultSSLPolicy, tls10},
	{"ELBSecurityPolicy-FS-1-2-2019-08", tls12},
	{"ELBSecurityPolicy-FS-1-2-Res-2019-08", tls12},
	{"ELBSecurityPolicy-FS-1-2-Res-2020-10", tls12},
	{"ELBSecurityPolicy-TLS-1-1-2017-01", []string{"TLSv1.1", "TLSv1.2"}},
	{"ELBSecurityPolicy-TLS-1-2-2017-01", tls12},
	{"ELBSecurityPolicy-TLS-1-2-Ext-2018-06", tls12},
	{"ELBSecurityPolicy-TLS13-1-0-2021-06", append(slices.Clone(tls10), "TLSv1.3")},
	{"ELBSecurityPolicy-TLS13-1-1-2021-06", []string{"TLSv1.1", "TLSv1.2", "TLSv1.3"}},
	{"ELBSecurityPolicy-TLS13-1-2-2021-06", []string{"TLSv1.2", "TLSv1.3"}},
	{"ELBSecurityPolicy-TLS13-1-2-Res-2021-06", []string{"TLSv1.2", "TLSv1.3"}},
	{"ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06", []string{"TLSv1.2", "TLSv1.3"}},
	{"ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06", []string{"TLSv1.2", "TLSv1.3"}},
	{"ELBSecurityPolicy-TLS13-1-3-2021-06", []string{"TLSv1.3"}},
}

// PolicyNamed returns the policy of that name.
func PolicyNamed(name string) (SSLPolicy, bool) {
	at := slices.IndexFunc(SSLPolicies, func(p SSLPolicy) bool { return p.Name == name })
	if at < 0 {
		return SSLPolicy{}, false
	}
	return SSLPolicies[at], true
}

package aws

import "time"

// Credential is an access key and the principal that signs with it.
type Credential struct {
	// AccessKeyID is the key's public half, "AKIA…" or "ASIA…".
	AccessKeyID string
	// Secret is what signatures are made with.
	Secret Secret
	// SessionToken has to come with every request of a temporary key; "" for a
	// long-lived one.
	SessionToken Secret
	// Expires is when a temporary key ends; zero for never.
	Expires time.Time
	// Account is the 12-digit account that the key belongs to.
	Account string
	// ARN and UserID are the principal's, as STS GetCallerIdentity shows them.
	ARN    string
	UserID string
}

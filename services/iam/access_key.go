package iam

import (
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"time"

	"kaimon.dev/kaimon/aws"
)

// The states of an access key (IAM API Reference, "AccessKey").
const (
	Active   = "Active"
	Inactive = "Inactive"
)

// AccessKey is a pair of key ID and secret, and the principal that it stands for.
type AccessKey struct {
	// ID begins with AKIA, or with ASIA for a temporary key (IAM User Guide,
	// "IAM identifiers", unique ID prefixes).
	ID string
	// Secret is kept readable: a signature can only be verified with it.
	Secret aws.Secret
	// SessionToken and Expires are set for temporary keys alone.
	SessionToken aws.Secret
	Expires      time.Time
	// Account is the 12-digit account ID.
	Account string
	// PrincipalARN and UserID are the principal's, as STS GetCallerIdentity shows them.
	PrincipalARN string
	UserID       string
	// Status is Active or Inactive.
	Status string
	// Created is when the key was made.
	Created time.Time
}

// AdministratorKeyBytes is how many random bytes NewAdministratorKey needs.
const AdministratorKeyBytes = 10 + 30

// NewAdministratorKey makes a long-lived key of the account's root user from
// AdministratorKeyBytes random bytes.
func NewAdministratorKey(account string, random []byte, now time.Time) (AccessKey, error) {
	if len(random) != AdministratorKeyBytes {
		return AccessKey{}, fmt.Errorf("administrator key: %d random bytes, want %d", len(random), AdministratorKeyBytes)
	}
	return AdministratorKey(account,
		"AKIA"+base32.StdEncoding.EncodeToString(random[:10]),
		aws.Secret(base64.StdEncoding.EncodeToString(random[10:])), now), nil
}

// AdministratorKey makes a key of the account's root user from a pair that
// exists already.
func AdministratorKey(account, id string, secret aws.Secret, now time.Time) AccessKey {
	return AccessKey{
		ID:           id,
		Secret:       secret,
		Account:      account,
		PrincipalARN: aws.ARN{Partition: "aws", Service: "iam", Account: account, Resource: "root"}.String(),
		UserID:       account,
		Status:       Active,
		Created:      now,
	}
}

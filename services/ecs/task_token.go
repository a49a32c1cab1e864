package ecs

import (
	"time"

	"kaimon.dev/kaimon/store"
)

// TokenRetention is how long RunTask knows a client token (ECS API Reference,
// "Ensuring idempotency": up to 24 hours).
const TokenRetention = 24 * time.Hour

// ClientToken remembers a RunTask request by its clientToken. Sole writer:
// ecsapi; ecsctl only deletes it, TokenRetention after CreatedAt.
type ClientToken struct {
	// ID is the cluster's ARN, a blank and the token.
	ID string
	// Request is a digest of the request's parameters.
	Request   string
	TaskARNs  []string
	CreatedAt time.Time
}

// ClientTokens holds the client tokens of RunTask.
var ClientTokens = store.NewTable("ecs.client-tokens", func(t *ClientToken) string { return t.ID })

// ClientTokenID is the key of a client token of a cluster.
func ClientTokenID(clusterARN, token string) string { return clusterARN + " " + token }

// Expired says whether the token may be forgotten.
func (t *ClientToken) Expired(now time.Time) bool { return !now.Before(t.ExpiresAt()) }

// ExpiresAt is when the token is forgotten.
func (t *ClientToken) ExpiresAt() time.Time { return t.CreatedAt.Add(TokenRetention) }

package ec2

import (
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// ClientToken remembers a request that carried a client token, so that its
// repetition makes nothing (EC2 API Reference, "Ensuring idempotency"). Sole
// writer: ec2api.
type ClientToken struct {
	// ID is the scope, the operation and the token.
	ID    string
	Scope aws.Scope
	// Request is a digest of what was asked.
	Request string
	// Resources are the IDs of what was made.
	Resources []string
	CreatedAt time.Time
}

// ClientTokens holds the client tokens of a day.
var ClientTokens = store.NewTable("ec2.client-tokens", func(t *ClientToken) string { return t.ID },
	store.Index[ClientToken]{Name: ByScope, Keys: func(t *ClientToken) []string { return []string{ScopeKey(t.Scope)} }})

// tokenRetention is how long a token is known.
const tokenRetention = 24 * time.Hour

// ClientTokenID is the key of a token.
func ClientTokenID(s aws.Scope, operation, token string) string {
	return ScopeKey(s) + " " + operation + " " + token
}

// RecallToken returns what was made by the request that carried the token
// before; nil if none has. Another request with the same token is refused.
func RecallToken(r store.Reader, id, request string) ([]string, error) {
	t, ok := ClientTokens.Get(r, id)
	switch {
	case !ok:
		return nil, nil
	case t.Request != request:
		return nil, aws.Errorf("IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).")
	}
	return t.Resources, nil
}

// KeepToken remembers a request, and forgets those of more than a day ago.
func KeepToken(tx *store.Txn, t ClientToken) {
	var old []string
	for have := range ClientTokens.By(tx, ByScope, ScopeKey(t.Scope)) {
		if t.CreatedAt.Sub(have.CreatedAt) >= tokenRetention {
			old = append(old, have.ID)
		}
	}
	for _, id := range old {
		ClientTokens.Delete(tx, id)
	}
	ClientTokens.Put(tx, t)
}

package ec2api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// once is change for a request that makes resources: fn returns their IDs. A
// repetition of the request with its client token returns the IDs that the
// first one made, and makes nothing. request is the operation's whole input.
func (h *Handlers) once(ctx context.Context, dry *bool, token *string, request any, fn func(tx *store.Txn, s aws.Scope) ([]string, error)) ([]string, error) {
	digest, err := digestOf(request)
	if err != nil {
		return nil, err
	}
	now := h.Clock.Now()
	var ids []string
	err = h.change(ctx, dry, func(tx *store.Txn, s aws.Scope) (err error) {
		id := ec2.ClientTokenID(s, fmt.Sprintf("%T", request), wire.Val(token))
		if token != nil {
			if ids, err = ec2.RecallToken(tx, id, digest); err != nil || ids != nil {
				return err
			}
		}
		if ids, err = fn(tx, s); err != nil || token == nil {
			return err
		}
		ec2.KeepToken(tx, ec2.ClientToken{ID: id, Scope: s, Request: digest, Resources: ids, CreatedAt: now})
		return nil
	})
	return ids, err
}

// digestOf tells requests apart.
func digestOf(request any) (string, error) {
	text, err := json.Marshal(request)
	if err != nil {
		return "", fmt.Errorf("digest of %T: %w", request, err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

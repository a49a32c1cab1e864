package ec2

import (
	"slices"
	"testing"
	"time"

	"kaimon.dev/kaimon/store"
)

func TestClientTokens(t *testing.T) {
	s := opened(t)
	start := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	id := ClientTokenID(scope, "CreateNatGateway", "token")
	if got, err := RecallToken(s.Snapshot(), id, "digest"); got != nil || err != nil {
		t.Errorf("an unknown token: %v, %v", got, err)
	}
	keep := func(id string, at time.Time) {
		update(t, s, func(tx *store.Txn) error {
			KeepToken(tx, ClientToken{ID: id, Scope: scope, Request: "digest", Resources: []string{"nat-1"}, CreatedAt: at})
			return nil
		})
	}
	keep(id, start)
	keep(id+"2", start.Add(tokenRetention-1))
	if got, err := RecallToken(s.Snapshot(), id, "digest"); err != nil || !slices.Equal(got, []string{"nat-1"}) {
		t.Errorf("a known token: %v, %v", got, err)
	}
	_, err := RecallToken(s.Snapshot(), id, "other")
	wantCode(t, err, "IdempotentParameterMismatch")
	keep(id+"3", start.Add(tokenRetention))
	if got, _ := RecallToken(s.Snapshot(), id, "other"); got != nil {
		t.Error("a token is known after a day")
	}
	if got, _ := RecallToken(s.Snapshot(), id+"2", "digest"); got == nil {
		t.Error("a token is forgotten within a day")
	}
}

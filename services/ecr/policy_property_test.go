package ecr_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

// TestAuthorizeHolds compares what random policies allow with the grammar's own
// words: a statement is about whom it names and what it names, one that denies
// wins, and without any a repository is its account's.
func TestAuthorizeHolds(t *testing.T) {
	type statement struct {
		Effect    string
		Principal any
		Action    []string `json:",omitempty"`
		NotAction []string `json:",omitempty"`
	}
	accounts := []string{scope.Account, "999999999999", "111111111111"}
	operations := []string{"BatchGetImage", "PutImage", "ListImages"}
	w := newWorld(t, nil)
	rapid.Check(t, func(rt *rapid.T) {
		who, operation := rapid.SampledFrom(accounts).Draw(rt, "who"), rapid.SampledFrom(operations).Draw(rt, "operation")
		var statements []statement
		allowed, denied := false, false
		for range rapid.IntRange(1, 4).Draw(rt, "statements") {
			s := statement{Effect: rapid.SampledFrom([]string{"Allow", "Deny"}).Draw(rt, "effect"), Principal: "*"}
			about := true
			if rapid.Bool().Draw(rt, "named") {
				named := rapid.SliceOfNDistinct(rapid.SampledFrom(accounts), 1, 2, rapid.ID).Draw(rt, "accounts")
				s.Principal = map[string]any{"AWS": named}
				about = strings.Contains(strings.Join(named, " "), who)
			}
			actions := rapid.SliceOfN(rapid.SampledFrom([]string{"ecr:BatchGetImage", "ecr:PutImage", "ecr:*Image", "ecr:list*"}), 1, 2).Draw(rt, "actions")
			matches := false
			for _, a := range actions {
				switch a {
				case "ecr:" + operation:
					matches = true
				case "ecr:*Image":
					matches = matches || strings.HasSuffix(operation, "Image")
				case "ecr:list*":
					matches = matches || operation == "ListImages"
				}
			}
			if s.Action = actions; rapid.Bool().Draw(rt, "except") {
				s.Action, s.NotAction, matches = nil, actions, !matches
			}
			allowed = allowed || about && matches && s.Effect == "Allow"
			denied = denied || about && matches && s.Effect == "Deny"
			statements = append(statements, s)
		}
		text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
		if err != nil {
			rt.Fatal(err)
		}
		w.do(func(tx *store.Txn) error {
			ecr.RepositoryPolicies.Put(tx, ecr.RepositoryPolicy{Repository: w.repo.ARN, Text: string(text)})
			return nil
		})
		err = ecr.Authorize(w.Snapshot(), scope, w.repo.Name, ecr.RootOf(who), operation)
		if want := !denied && (allowed || who == scope.Account); (err == nil) != want {
			rt.Fatalf("%s for %s by %s: %v, want %t", operation, who, text, err, want)
		}
	})
}

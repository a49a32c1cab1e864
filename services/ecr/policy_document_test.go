package ecr_test

import (
	"context"
	"strings"
	"testing"

	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

// allowing is a policy that lets principals, written as JSON, pull.
func allowing(principal string) string {
	return `{"Version":"2012-10-17","Statement":[{"Sid":"pull","Effect":"Allow","Principal":` + principal + `,"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}`
}

func TestAuthorize(t *testing.T) {
	const other = "999999999999"
	const everything = `{"Statement":{"Effect":"Allow","Principal":"*","Action":"ecr:*"}}`
	deny := func(action string) string {
		return `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*"},{"Effect":"Deny","Principal":{"AWS":"` + other + `"},"Action":"` + action + `"}]}`
	}
	for what, c := range map[string]struct {
		policy, who, operation string
		fine                   bool
	}{
		"our own":                       {"", scope.Account, "BatchGetImage", true},
		"our own, not named":            {allowing(`{"AWS":"` + other + `"}`), scope.Account, "PutImage", true},
		"our own, denied":               {`{"Statement":{"Effect":"Deny","Principal":"*","Action":"ecr:BatchDeleteImage"}}`, scope.Account, "BatchDeleteImage", false},
		"no policy":                     {"", other, "BatchGetImage", false},
		"the account's ID":              {allowing(`{"AWS":"` + other + `"}`), other, "BatchGetImage", true},
		"its root":                      {allowing(`{"AWS":["111111111111","arn:aws:iam::` + other + `:root"]}`), other, "BatchGetImage", true},
		"everyone":                      {allowing(`"*"`), other, "BatchGetImage", true},
		"every account":                 {allowing(`{"AWS":"*"}`), other, "BatchGetImage", true},
		"somebody else":                 {allowing(`{"AWS":"111111111111"}`), other, "BatchGetImage", false},
		"a service":                     {allowing(`{"Service":"codebuild.amazonaws.com"}`), other, "BatchGetImage", false},
		"another action":                {allowing(`"*"`), other, "PutImage", false},
		"all actions":                   {everything, other, "PutImage", true},
		"some actions, in another case": {`{"Statement":{"Effect":"Allow","Principal":"*","Action":"ecr:batch*im?ge"}}`, other, "BatchGetImage", true},
		"a denial wins":                 {deny("ecr:Put*"), other, "PutImage", false},
		"and is of its actions only":    {deny("ecr:Put*"), other, "BatchGetImage", true},
		"all but":                       {`{"Statement":{"Effect":"Allow","Principal":"*","NotAction":"ecr:PutImage"}}`, other, "BatchGetImage", true},
		"not the one":                   {`{"Statement":{"Effect":"Allow","Principal":"*","NotAction":"ecr:PutImage"}}`, other, "PutImage", false},
	} {
		w := newWorld(t, nil)
		if c.policy != "" {
			w.do(func(tx *store.Txn) error {
				ecr.RepositoryPolicies.Put(tx, ecr.RepositoryPolicy{Repository: w.repo.ARN, Text: c.policy})
				return nil
			})
		}
		err := ecr.Authorize(w.Snapshot(), scope, w.repo.Name, ecr.RootOf(c.who), c.operation)
		if (err == nil) != c.fine || err != nil && code(err) != ecr.CodeAccessDenied {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAuthorizeTexts(t *testing.T) {
	w := newWorld(t, nil)
	who := ecr.RootOf("999999999999")
	const head = "AccessDeniedException: User: arn:aws:iam::999999999999:root is not authorized to perform: ecr:PutImage on resource: arn:aws:ecr:eu-west-1:123456789012:repository/team/app "
	if err := ecr.Authorize(w.Snapshot(), scope, "team/app", who, "PutImage"); err == nil || err.Error() != head+"because no resource-based policy allows the ecr:PutImage action" {
		t.Error(err)
	}
	put := func(text string) {
		w.do(func(tx *store.Txn) error {
			ecr.RepositoryPolicies.Put(tx, ecr.RepositoryPolicy{Repository: w.repo.ARN, Text: text})
			return nil
		})
	}
	put(`{"Statement":{"Effect":"Deny","Principal":"*","Action":"ecr:*"}}`)
	if err := ecr.Authorize(w.Snapshot(), scope, "team/app", who, "PutImage"); err == nil || err.Error() != head+"with an explicit deny in a resource-based policy" {
		t.Error(err)
	}
	put("spoiled")
	if err := ecr.Authorize(w.Snapshot(), scope, "team/app", ecr.RootOf(scope.Account), "PutImage"); err == nil {
		t.Error("a policy that can't be read allows")
	}
	// It goes with the repository.
	if err := w.Update(context.Background(), func(tx *store.Txn) error { return ecr.DeleteRepository(tx, w.repo, false) }); err != nil {
		t.Fatal(err)
	}
	if _, ok := ecr.RepositoryPolicies.Get(w.Snapshot(), w.repo.ARN); ok {
		t.Error("the policy is left")
	}
}

func TestPolicyRefusals(t *testing.T) {
	const bad = "Invalid repository policy provided"
	change := func(old, new string) string { return strings.Replace(allowing(`"*"`), old, new, 1) }
	for text, want := range map[string]string{
		"": bad, "nonsense": bad, "{}": bad, "[]": bad, `{"Statement":[]}`: bad, `{"Statement":[null]}`: bad, allowing(`"*"`) + "{}": bad,
		change("2012-10-17", "2013-01-01"):                                                  bad,
		change(`"Sid"`, `"Resource":"*","Sid"`):                                             bad,
		change(`"Sid"`, `"Sidd"`):                                                           bad,
		change("Allow", "Permit"):                                                           bad,
		change(`"Principal":"*",`, ""):                                                      bad,
		change(`"Principal":"*"`, `"Principal":{"AWS":[]}`):                                 bad,
		change(`"Principal":"*"`, `"Principal":{"AWS":"me"}`):                               bad,
		change(`"Principal":"*"`, `"Principal":{"Web":"*"}`):                                bad,
		change("ecr:BatchGetImage", "s3:GetObject"):                                         bad,
		change("ecr:BatchGetImage", "ecr:[a-z]"):                                            bad,
		change(`"Sid"`, `"NotAction":"ecr:*","Sid"`):                                        bad,
		change(`"Principal":"*"`, `"Principal":{"AWS":"arn:aws:iam::123456789012:role/r"}`): "Principal not found",
		change(`"Sid"`, `"Condition":{},"Sid"`):                                             "Condition is not supported by Kaimon",
		change(`"Principal"`, `"NotPrincipal"`):                                             "NotPrincipal is not supported by Kaimon",
	} {
		_, err := ecr.ParsePolicy(text)
		if err == nil || err.Error() != "InvalidParameterException: Invalid parameter at 'PolicyText' failed to satisfy constraint: '"+want+"'" {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func FuzzParsePolicy(f *testing.F) {
	for _, seed := range []string{allowing(`"*"`), allowing(`{"AWS":["*"]}`), `{"Statement":{"Effect":"Deny","NotAction":["ecr:*"],"Principal":"*"}}`, `{"Statement":null}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ecr.ParsePolicy(text)
		if err == nil {
			err = p.CheckLockOut(ecr.RootOf(scope.Account))
		}
		if err != nil && code(err) != ecr.CodeInvalidParameter {
			t.Error(err)
		}
	})
}

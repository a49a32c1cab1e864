package ecr

import (
	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// RepositoryPolicy is the resource-based policy of a repository. Sole writer: ecrapi.
type RepositoryPolicy struct {
	// Repository is the repository's ARN.
	Repository string
	// Text is the policy as it was given; ParsePolicy reads it.
	Text string
}

// RepositoryPolicies holds every policy by repository.
var RepositoryPolicies = store.NewTable("ecr.repository-policies", func(p *RepositoryPolicy) string { return p.Repository })

// Principal is who asks for something: until there is IAM, the root of an account.
type Principal struct {
	Account string
	// ARN is as STS GetCallerIdentity shows it.
	ARN string
}

// PrincipalOf is the caller of a request.
func PrincipalOf(c aws.Caller) Principal { return Principal{Account: c.Account, ARN: c.ARN} }

// RootOf is the root user of an account, for which its tasks pull.
func RootOf(account string) Principal {
	return Principal{Account: account, ARN: aws.ARN{Partition: "aws", Service: "iam", Account: account, Resource: "root"}.String()}
}

// Authorize says whether somebody may do something, such as "BatchGetImage",
// with the repository of a name, which needn't exist. The account's own may,
// unless the repository's policy denies it; others only if the policy allows
// it. What policies of their own allow them is IAM's to say before.
func Authorize(r store.Reader, s aws.Scope, name string, who Principal, operation string) error {
	action, arn := actionPrefix+operation, RepositoryARN(s, name)
	verdict := silent
	if row, ok := RepositoryPolicies.Get(r, arn); ok {
		policy, err := ParsePolicy(row.Text)
		if err != nil {
			return err
		}
		verdict = policy.decide(who, action)
	}
	switch {
	case verdict == denies:
		return errDenied(who, action, arn, "with an explicit deny in a resource-based policy")
	case verdict == silent && who.Account != s.Account:
		return errDenied(who, action, arn, "because no resource-based policy allows the "+action+" action")
	}
	return nil
}

func errDenied(who Principal, action, arn, why string) *aws.Error {
	return aws.Errorf(CodeAccessDenied, "User: %s is not authorized to perform: %s on resource: %s %s", who.ARN, action, arn, why)
}

// CheckLockOut fails for a policy that would forbid its setter to set another.
func (p *Policy) CheckLockOut(who Principal) error {
	if p.decide(who, actionPrefix+"SetRepositoryPolicy") == denies {
		return errPolicy("The policy would deny ecr:SetRepositoryPolicy to its setter; use force")
	}
	return nil
}

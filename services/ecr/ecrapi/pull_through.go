package ecrapi

import (
	"context"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

// Upstream is the registries of pull-through rules.
type Upstream interface {
	// Probe says whether one answers.
	Probe(ctx context.Context, url string) error
	// FetchImage has an image's manifest here, by tag or digest, if its rule's
	// registry has it, and FetchLayer a layer that an image here needs.
	FetchImage(ctx context.Context, s aws.Scope, repository, reference string) error
	FetchLayer(ctx context.Context, s aws.Scope, repository, digest string) error
}

// fetch gets what a request is about from its repository's upstream registry, if
// a rule names one and the caller is of the rule's own account.
func (h *Handlers) fetch(ctx context.Context, t target, get func(s aws.Scope, repository string) error) error {
	r, caller, s := h.Store.Snapshot(), aws.CallerFrom(ctx), scopeOf(ctx, t.registry)
	if _, _, ok := ecr.PullThrough(r, s, *t.name); !ok || caller.Account != s.Account {
		return nil
	}
	if err := ecr.Authorize(r, s, *t.name, ecr.PrincipalOf(caller), t.operation); err != nil {
		return err
	}
	return get(s, *t.name)
}

// ruleScope is the registry of a request about its pull-through rules, which
// have no policies of their own.
func ruleScope(ctx context.Context, r store.Reader, operation string, registry *string) (aws.Scope, error) {
	s := scopeOf(ctx, registry)
	return s, ecr.Authorize(r, s, "*", ecr.PrincipalOf(aws.CallerFrom(ctx)), operation)
}

// refuseCredentials refuses what an upstream registry is signed in to with.
func refuseCredentials(secret, role *string) error {
	if secret != nil || role != nil {
		return ecr.ErrInvalidParameter("Credentials for upstream registries are not supported by Kaimon: credentialArn and customRoleArn must not be specified")
	}
	return nil
}

// CreatePullThroughCacheRule implements API.
func (h *Handlers) CreatePullThroughCacheRule(ctx context.Context, in *CreatePullThroughCacheRuleInput) (*CreatePullThroughCacheRuleOutput, error) {
	scope, err := ruleScope(ctx, h.Store.Snapshot(), "CreatePullThroughCacheRule", in.RegistryId)
	if err == nil {
		err = refuseCredentials(in.CredentialArn, in.CustomRoleArn)
	}
	if err != nil {
		return nil, err
	}
	name, err := ecr.CheckUpstream(*in.UpstreamRegistryUrl)
	if err != nil {
		return nil, err
	}
	if in.UpstreamRegistry != nil && *in.UpstreamRegistry != name {
		return nil, ecr.ErrInvalidParameter("Invalid parameter at 'upstreamRegistry' failed to satisfy constraint: '%s is not the registry at %s'", *in.UpstreamRegistry, *in.UpstreamRegistryUrl)
	}
	now := h.Clock.Now()
	rule := ecr.PullThroughRule{
		Scope: scope, Prefix: strings.TrimSuffix(*in.EcrRepositoryPrefix, "/"), UpstreamURL: *in.UpstreamRegistryUrl, Upstream: name,
		UpstreamPrefix: "ROOT", CreatedAt: now, UpdatedAt: now,
	}
	if in.UpstreamRepositoryPrefix != nil {
		rule.UpstreamPrefix = strings.TrimSuffix(*in.UpstreamRepositoryPrefix, "/")
	}
	if err := h.Store.Update(ctx, func(tx *store.Txn) error { return ecr.PutPullThroughRule(tx, rule) }); err != nil {
		return nil, err
	}
	return &CreatePullThroughCacheRuleOutput{
		EcrRepositoryPrefix: &rule.Prefix, UpstreamRegistryUrl: &rule.UpstreamURL, UpstreamRegistry: wire.Optional(rule.Upstream),
		UpstreamRepositoryPrefix: &rule.UpstreamPrefix, RegistryId: &rule.Scope.Account, CreatedAt: &rule.CreatedAt,
	}, nil
}

// DescribePullThroughCacheRules implements API.
func (h *Handlers) DescribePullThroughCacheRules(ctx context.Context, in *DescribePullThroughCacheRulesInput) (*DescribePullThroughCacheRulesOutput, error) {
	r := h.Store.Snapshot()
	scope, err := ruleScope(ctx, r, "DescribePullThroughCacheRules", in.RegistryId)
	if err != nil {
		return nil, err
	}
	rows := []PullThroughCacheRule{}
	for _, prefix := range in.EcrRepositoryPrefixes {
		rule, err := ecr.FindPullThroughRule(r, scope, prefix)
		if err != nil {
			return nil, err
		}
		rows = append(rows, describeRule(rule))
	}
	if in.EcrRepositoryPrefixes != nil {
		return &DescribePullThroughCacheRulesOutput{PullThroughCacheRules: rows}, nil
	}
	for rule := range ecr.PullThroughRulesIn(r, scope) {
		rows = append(rows, describeRule(rule))
	}
	rows, next, err := cut("DescribePullThroughCacheRules", in.NextToken, in.MaxResults, rows, func(r PullThroughCacheRule) string { return *r.EcrRepositoryPrefix })
	return &DescribePullThroughCacheRulesOutput{PullThroughCacheRules: rows, NextToken: next}, err
}

func describeRule(r *ecr.PullThroughRule) PullThroughCacheRule {
	return PullThroughCacheRule{
		EcrRepositoryPrefix: &r.Prefix, UpstreamRegistryUrl: &r.UpstreamURL, UpstreamRegistry: wire.Optional(r.Upstream),
		UpstreamRepositoryPrefix: &r.UpstreamPrefix, RegistryId: &r.Scope.Account, CreatedAt: &r.CreatedAt, UpdatedAt: &r.UpdatedAt,
	}
}

// DeletePullThroughCacheRule implements API. What was pulled stays.
func (h *Handlers) DeletePullThroughCacheRule(ctx context.Context, in *DeletePullThroughCacheRuleInput) (*DeletePullThroughCacheRuleOutput, error) {
	out := &DeletePullThroughCacheRuleOutput{}
	return out, h.Store.Update(ctx, func(tx *store.Txn) error {
		rule, err := findRule(ctx, tx, "DeletePullThroughCacheRule", in.RegistryId, *in.EcrRepositoryPrefix)
		if err != nil {
			return err
		}
		ecr.DeletePullThroughRule(tx, rule)
		*out = DeletePullThroughCacheRuleOutput{
			EcrRepositoryPrefix: &rule.Prefix, UpstreamRegistryUrl: &rule.UpstreamURL, UpstreamRepositoryPrefix: &rule.UpstreamPrefix,
			RegistryId: &rule.Scope.Account, CreatedAt: &rule.CreatedAt,
		}
		return nil
	})
}

// UpdatePullThroughCacheRule implements API: it changes credentials, which there
// are none of, so that only the time of the update is new.
func (h *Handlers) UpdatePullThroughCacheRule(ctx context.Context, in *UpdatePullThroughCacheRuleInput) (*UpdatePullThroughCacheRuleOutput, error) {
	if err := refuseCredentials(in.CredentialArn, in.CustomRoleArn); err != nil {
		return nil, err
	}
	now := h.Clock.Now()
	out := &UpdatePullThroughCacheRuleOutput{}
	return out, h.Store.Update(ctx, func(tx *store.Txn) error {
		rule, err := findRule(ctx, tx, "UpdatePullThroughCacheRule", in.RegistryId, *in.EcrRepositoryPrefix)
		if err != nil {
			return err
		}
		row := *rule
		row.UpdatedAt = now
		ecr.PullThroughRules.Put(tx, row)
		*out = UpdatePullThroughCacheRuleOutput{EcrRepositoryPrefix: &row.Prefix, RegistryId: &row.Scope.Account, UpdatedAt: &now, UpstreamRepositoryPrefix: &row.UpstreamPrefix}
		return nil
	})
}

// ValidatePullThroughCacheRule implements API: it asks the upstream registry.
func (h *Handlers) ValidatePullThroughCacheRule(ctx context.Context, in *ValidatePullThroughCacheRuleInput) (*ValidatePullThroughCacheRuleOutput, error) {
	rule, err := findRule(ctx, h.Store.Snapshot(), "ValidatePullThroughCacheRule", in.RegistryId, *in.EcrRepositoryPrefix)
	if err != nil {
		return nil, err
	}
	out := &ValidatePullThroughCacheRuleOutput{
		EcrRepositoryPrefix: &rule.Prefix, RegistryId: &rule.Scope.Account, UpstreamRegistryUrl: &rule.UpstreamURL,
		UpstreamRepositoryPrefix: &rule.UpstreamPrefix, IsValid: wire.Ptr(true),
	}
	if err := h.Upstream.Probe(ctx, rule.UpstreamURL); err != nil {
		out.IsValid, out.Failure = wire.Ptr(false), wire.Ptr("The upstream registry cannot be reached: "+err.Error())
	}
	return out, nil
}

func findRule(ctx context.Context, r store.Reader, operation string, registry *string, prefix string) (*ecr.PullThroughRule, error) {
	scope, err := ruleScope(ctx, r, operation, registry)
	if err != nil {
		return nil, err
	}
	return ecr.FindPullThroughRule(r, scope, prefix)
}

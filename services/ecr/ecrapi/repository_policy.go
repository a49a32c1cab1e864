package ecrapi

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

// SetRepositoryPolicy implements API. A policy that shuts its setter out of
// setting another must be forced.
func (h *Handlers) SetRepositoryPolicy(ctx context.Context, in *SetRepositoryPolicyInput) (*SetRepositoryPolicyOutput, error) {
	policy, err := ecr.ParsePolicy(*in.PolicyText)
	if err == nil && !wire.Val(in.Force) {
		err = policy.CheckLockOut(ecr.PrincipalOf(aws.CallerFrom(ctx)))
	}
	if err != nil {
		return nil, err
	}
	out := &SetRepositoryPolicyOutput{}
	return out, h.change(ctx, target{"SetRepositoryPolicy", in.RegistryId, in.RepositoryName}, func(tx *store.Txn, repo *ecr.Repository) error {
		ecr.RepositoryPolicies.Put(tx, ecr.RepositoryPolicy{Repository: repo.ARN, Text: *in.PolicyText})
		*out = SetRepositoryPolicyOutput{RegistryId: &repo.Scope.Account, RepositoryName: &repo.Name, PolicyText: in.PolicyText}
		return nil
	})
}

// GetRepositoryPolicy implements API.
func (h *Handlers) GetRepositoryPolicy(ctx context.Context, in *GetRepositoryPolicyInput) (*GetRepositoryPolicyOutput, error) {
	r, repo, err := h.open(ctx, target{"GetRepositoryPolicy", in.RegistryId, in.RepositoryName})
	if err != nil {
		return nil, err
	}
	policy, ok := ecr.RepositoryPolicies.Get(r, repo.ARN)
	if !ok {
		return nil, ecr.ErrRepositoryPolicyNotFound(repo)
	}
	return &GetRepositoryPolicyOutput{RegistryId: &repo.Scope.Account, RepositoryName: &repo.Name, PolicyText: &policy.Text}, nil
}

// DeleteRepositoryPolicy implements API.
func (h *Handlers) DeleteRepositoryPolicy(ctx context.Context, in *DeleteRepositoryPolicyInput) (*DeleteRepositoryPolicyOutput, error) {
	out := &DeleteRepositoryPolicyOutput{}
	return out, h.change(ctx, target{"DeleteRepositoryPolicy", in.RegistryId, in.RepositoryName}, func(tx *store.Txn, repo *ecr.Repository) error {
		policy, ok := ecr.RepositoryPolicies.Get(tx, repo.ARN)
		if !ok {
			return ecr.ErrRepositoryPolicyNotFound(repo)
		}
		*out = DeleteRepositoryPolicyOutput{RegistryId: &repo.Scope.Account, RepositoryName: &repo.Name, PolicyText: &policy.Text}
		ecr.RepositoryPolicies.Delete(tx, repo.ARN)
		return nil
	})
}

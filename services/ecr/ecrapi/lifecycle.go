package ecrapi

import (
	"context"
	"time"

	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

// PutLifecyclePolicy implements API; the policy is applied at once.
func (h *Handlers) PutLifecyclePolicy(ctx context.Context, in *PutLifecyclePolicyInput) (*PutLifecyclePolicyOutput, error) {
	if _, err := ecr.ParseLifecycle(*in.LifecyclePolicyText); err != nil {
		return nil, err
	}
	out := &PutLifecyclePolicyOutput{}
	return out, h.change(ctx, target{"PutLifecyclePolicy", in.RegistryId, in.RepositoryName}, func(tx *store.Txn, repo *ecr.Repository) error {
		ecr.LifecyclePolicies.Put(tx, ecr.LifecyclePolicy{Repository: repo.ARN, Text: *in.LifecyclePolicyText})
		*out = PutLifecyclePolicyOutput{RegistryId: &repo.Scope.Account, RepositoryName: &repo.Name, LifecyclePolicyText: in.LifecyclePolicyText}
		return nil
	})
}

// GetLifecyclePolicy implements API.
func (h *Handlers) GetLifecyclePolicy(ctx context.Context, in *GetLifecyclePolicyInput) (*GetLifecyclePolicyOutput, error) {
	r, repo, err := h.open(ctx, target{"GetLifecyclePolicy", in.RegistryId, in.RepositoryName})
	if err != nil {
		return nil, err
	}
	policy, at, err := lifecycleOf(r, repo)
	if err != nil {
		return nil, err
	}
	return &GetLifecyclePolicyOutput{RegistryId: &repo.Scope.Account, RepositoryName: &repo.Name, LifecyclePolicyText: &policy.Text, LastEvaluatedAt: at}, nil
}

// DeleteLifecyclePolicy implements API.
func (h *Handlers) DeleteLifecyclePolicy(ctx context.Context, in *DeleteLifecyclePolicyInput) (*DeleteLifecyclePolicyOutput, error) {
	out := &DeleteLifecyclePolicyOutput{}
	return out, h.change(ctx, target{"DeleteLifecyclePolicy", in.RegistryId, in.RepositoryName}, func(tx *store.Txn, repo *ecr.Repository) error {
		policy, at, err := lifecycleOf(tx, repo)
		if err != nil {
			return err
		}
		*out = DeleteLifecyclePolicyOutput{RegistryId: &repo.Scope.Account, RepositoryName: &repo.Name, LifecyclePolicyText: &policy.Text, LastEvaluatedAt: at}
		ecr.DeleteLifecyclePolicy(tx, repo.ARN)
		return nil
	})
}

// lifecycleOf finds a repository's policy, and when it was last applied: nil for never.
func lifecycleOf(r store.Reader, repo *ecr.Repository) (*ecr.LifecyclePolicy, *time.Time, error) {
	policy, ok := ecr.LifecyclePolicies.Get(r, repo.ARN)
	if !ok {
		return nil, nil, ecr.ErrLifecyclePolicyNotFound(repo)
	}
	if run, ok := ecr.LifecycleRuns.Get(r, repo.ARN); ok {
		return policy, &run.At, nil
	}
	return policy, nil, nil
}

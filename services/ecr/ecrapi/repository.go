package ecrapi

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

// CreateRepository implements API.
func (h *Handlers) CreateRepository(ctx context.Context, in *CreateRepositoryInput) (*CreateRepositoryOutput, error) {
	if e := in.EncryptionConfiguration; e != nil && wire.Val(e.EncryptionType) != "AES256" {
		return nil, ecr.ErrInvalidParameter("Encryption with %s is not supported by Kaimon", wire.Val(e.EncryptionType))
	}
	scope := aws.CallerFrom(ctx).Scope()
	if s := scopeOf(ctx, in.RegistryId); s != scope {
		return nil, ecr.ErrInvalidParameter("Invalid parameter at 'registryId' failed to satisfy constraint: 'must be the account of the caller'")
	}
	repo := ecr.Repository{
		ARN: ecr.RepositoryARN(scope, *in.RepositoryName), Scope: scope, Name: *in.RepositoryName, CreatedAt: h.Clock.Now(),
		Mutability: ecr.Mutable, Exclusions: exclusions(in.ImageTagMutabilityExclusionFilters),
		ScanOnPush: in.ImageScanningConfiguration != nil && wire.Val(in.ImageScanningConfiguration.ScanOnPush),
	}
	if in.ImageTagMutability != nil {
		repo.Mutability = *in.ImageTagMutability
	}
	if err := ecr.CheckMutability(repo.Mutability, repo.Exclusions); err != nil {
		return nil, err
	}
	tags := tagsFromWire(in.Tags)
	if err := ecr.CheckTags(tags); err != nil {
		return nil, err
	}
	err := h.Store.Update(ctx, func(tx *store.Txn) error {
		if _, ok := ecr.Repositories.Get(tx, repo.ARN); ok {
			return ecr.ErrRepositoryExists(scope, repo.Name)
		}
		return ecr.PutTags(tx, &repo, tags)
	})
	if err != nil {
		return nil, err
	}
	return &CreateRepositoryOutput{Repository: h.repository(&repo)}, nil
}

// DescribeRepositories implements API.
func (h *Handlers) DescribeRepositories(ctx context.Context, in *DescribeRepositoriesInput) (*DescribeRepositoriesOutput, error) {
	r := h.Store.Snapshot()
	if in.RepositoryNames != nil && (in.NextToken != nil || in.MaxResults != nil) {
		return nil, ecr.ErrInvalidParameter("Invalid parameter at 'repositoryNames' failed to satisfy constraint: 'must not be specified together with maxResults or nextToken'")
	}
	rows := []Repository{}
	for i := range in.RepositoryNames {
		repo, err := target{"DescribeRepositories", in.RegistryId, &in.RepositoryNames[i]}.find(ctx, r)
		if err != nil {
			return nil, err
		}
		rows = append(rows, *h.repository(repo))
	}
	if in.RepositoryNames != nil {
		return &DescribeRepositoriesOutput{Repositories: rows}, nil
	}
	s := scopeOf(ctx, in.RegistryId)
	if err := ecr.Authorize(r, s, "*", ecr.PrincipalOf(aws.CallerFrom(ctx)), "DescribeRepositories"); err != nil {
		return nil, err
	}
	for repo := range ecr.RepositoriesIn(r, s) {
		rows = append(rows, *h.repository(repo))
	}
	rows, next, err := cut("DescribeRepositories", in.NextToken, in.MaxResults, rows, func(r Repository) string { return *r.RepositoryArn })
	return &DescribeRepositoriesOutput{Repositories: rows, NextToken: next}, err
}

// DeleteRepository implements API. What its images alone needed is freed soon after.
func (h *Handlers) DeleteRepository(ctx context.Context, in *DeleteRepositoryInput) (*DeleteRepositoryOutput, error) {
	out := &DeleteRepositoryOutput{}
	return out, h.change(ctx, target{"DeleteRepository", in.RegistryId, in.RepositoryName}, func(tx *store.Txn, repo *ecr.Repository) error {
		out.Repository = h.repository(repo)
		return ecr.DeleteRepository(tx, repo, wire.Val(in.Force))
	})
}

// PutImageTagMutability implements API.
func (h *Handlers) PutImageTagMutability(ctx context.Context, in *PutImageTagMutabilityInput) (*PutImageTagMutabilityOutput, error) {
	filters := exclusions(in.ImageTagMutabilityExclusionFilters)
	if err := ecr.CheckMutability(*in.ImageTagMutability, filters); err != nil {
		return nil, err
	}
	out := &PutImageTagMutabilityOutput{}
	return out, h.change(ctx, target{"PutImageTagMutability", in.RegistryId, in.RepositoryName}, func(tx *store.Txn, repo *ecr.Repository) error {
		row := *repo
		row.Mutability, row.Exclusions = *in.ImageTagMutability, filters
		ecr.Repositories.Put(tx, row)
		wired := h.repository(&row)
		out.RegistryId, out.RepositoryName, out.ImageTagMutability = wired.RegistryId, wired.RepositoryName, wired.ImageTagMutability
		out.ImageTagMutabilityExclusionFilters = wired.ImageTagMutabilityExclusionFilters
		return nil
	})
}

// PutImageScanningConfiguration implements API. The setting is kept; nothing
// scans images.
func (h *Handlers) PutImageScanningConfiguration(ctx context.Context, in *PutImageScanningConfigurationInput) (*PutImageScanningConfigurationOutput, error) {
	out := &PutImageScanningConfigurationOutput{}
	return out, h.change(ctx, target{"PutImageScanningConfiguration", in.RegistryId, in.RepositoryName}, func(tx *store.Txn, repo *ecr.Repository) error {
		row := *repo
		row.ScanOnPush = wire.Val(in.ImageScanningConfiguration.ScanOnPush)
		ecr.Repositories.Put(tx, row)
		wired := h.repository(&row)
		out.RegistryId, out.RepositoryName, out.ImageScanningConfiguration = wired.RegistryId, wired.RepositoryName, wired.ImageScanningConfiguration
		return nil
	})
}

// repository writes a repository down. Its URI is the local address, which
// docker pushes to and task definitions may name.
func (h *Handlers) repository(r *ecr.Repository) *Repository {
	out := &Repository{
		RepositoryArn: &r.ARN, RegistryId: &r.Scope.Account, RepositoryName: &r.Name, CreatedAt: &r.CreatedAt,
		RepositoryUri: wire.Ptr(h.Address + "/" + r.Name), ImageTagMutability: &r.Mutability,
		ImageScanningConfiguration: &ImageScanningConfiguration{ScanOnPush: &r.ScanOnPush},
		EncryptionConfiguration:    &EncryptionConfiguration{EncryptionType: wire.Ptr("AES256")},
	}
	for _, f := range r.Exclusions {
		out.ImageTagMutabilityExclusionFilters = append(out.ImageTagMutabilityExclusionFilters,
			ImageTagMutabilityExclusionFilter{Filter: &f, FilterType: wire.Ptr("WILDCARD")})
	}
	return out
}

func exclusions(filters []ImageTagMutabilityExclusionFilter) []string {
	var out []string
	for _, f := range filters {
		out = append(out, wire.Val(f.Filter))
	}
	return out
}

package ecr

import (
	"iter"
	"path"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// The ways that tags may change (Amazon ECR User Guide, "Preventing image tags
// from being overwritten").
const (
	Mutable                = "MUTABLE"
	Immutable              = "IMMUTABLE"
	MutableWithExclusion   = "MUTABLE_WITH_EXCLUSION"
	ImmutableWithExclusion = "IMMUTABLE_WITH_EXCLUSION"
)

// Repository is a repository. Sole writer: ecrapi.
type Repository struct {
	ARN       string
	Scope     aws.Scope
	Name      string
	CreatedAt time.Time
	// Mutability is one of the four above.
	Mutability string
	// Exclusions are the tags, as patterns with *, for which the opposite holds.
	Exclusions []string
	// ScanOnPush is kept for tools that compare it; nothing scans images.
	ScanOnPush bool
	Tags       map[string]string
}

// Repositories holds every repository by ARN.
var Repositories = store.NewTable("ecr.repositories", func(r *Repository) string { return r.ARN },
	store.Index[Repository]{Name: byScope, Keys: func(r *Repository) []string { return []string{scopeKey(r.Scope)} }})

// RepositoryARN is the ARN of a repository by its name.
func RepositoryARN(s aws.Scope, name string) string {
	return s.ARN("ecr", "repository/"+name).String()
}

// FindRepository finds a repository by its name.
func FindRepository(r store.Reader, s aws.Scope, name string) (*Repository, error) {
	if repo, ok := Repositories.Get(r, RepositoryARN(s, name)); ok {
		return repo, nil
	}
	return nil, ErrRepositoryNotFound(s, name)
}

// RepositoriesIn lists the repositories of an account and region by name.
func RepositoriesIn(r store.Reader, s aws.Scope) iter.Seq[*Repository] {
	return Repositories.By(r, byScope, scopeKey(s))
}

// CheckMutability says what is wrong with a way that tags may change and its
// exclusions.
func CheckMutability(mutability string, exclusions []string) error {
	excludes := mutability == MutableWithExclusion || mutability == ImmutableWithExclusion
	switch {
	case excludes && len(exclusions) == 0:
		return ErrInvalidParameter("Invalid parameter at 'imageTagMutabilityExclusionFilters' failed to satisfy constraint: 'must be specified when imageTagMutability is %s'", mutability)
	case !excludes && len(exclusions) > 0:
		return ErrInvalidParameter("Invalid parameter at 'imageTagMutabilityExclusionFilters' failed to satisfy constraint: 'must not be specified when imageTagMutability is %s'", mutability)
	}
	for _, filter := range exclusions {
		stars := 0
		for _, c := range filter {
			if c == '*' {
				stars++
			}
		}
		if stars > maxWildcards {
			return ErrInvalidParameter("Invalid parameter at 'imageTagMutabilityExclusionFilters' failed to satisfy constraint: 'a filter must not have more than %d wildcards'", maxWildcards)
		}
	}
	return nil
}

// maxWildcards is how many * a filter may have (ECR User Guide, same page).
const maxWildcards = 2

// Fixed says whether a tag may not be moved once it exists.
func (r *Repository) Fixed(tag string) bool {
	excluded := false
	for _, filter := range r.Exclusions {
		if ok, err := path.Match(filter, tag); err == nil && ok {
			excluded = true
		}
	}
	switch r.Mutability {
	case Immutable:
		return true
	case ImmutableWithExclusion:
		return !excluded
	case MutableWithExclusion:
		return excluded
	}
	return false
}

// DeleteRepository removes a repository; one with images only if forced.
func DeleteRepository(tx *store.Txn, repo *Repository, force bool) error {
	for image := range ImagesIn(tx, repo.ARN) {
		if !force {
			return ErrRepositoryNotEmpty(repo)
		}
		Images.Delete(tx, image.ID())
	}
	for layer := range LayersIn(tx, repo.ARN) {
		Layers.Delete(tx, layer.ID())
	}
	for check := range UpstreamChecks.By(tx, byRepository, repo.ARN) {
		UpstreamChecks.Delete(tx, tagKey(check.Repository, check.Tag))
	}
	DeleteLifecyclePolicy(tx, repo.ARN)
	LifecyclePreviews.Delete(tx, repo.ARN)
	RepositoryPolicies.Delete(tx, repo.ARN)
	Repositories.Delete(tx, repo.ARN)
	return nil
}

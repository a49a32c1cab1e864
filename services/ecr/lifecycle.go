package ecr

import (
	"time"

	"kaimon.dev/kaimon/store"
)

// LifecyclePolicy is the lifecycle policy of a repository. Sole writer: ecrapi.
type LifecyclePolicy struct {
	// Repository is the repository's ARN.
	Repository string
	// Text is the policy as it was given; ParseLifecycle reads it.
	Text string
}

// LifecyclePolicies holds every lifecycle policy by repository.
var LifecyclePolicies = store.NewTable("ecr.lifecycle-policies", func(p *LifecyclePolicy) string { return p.Repository })

// LifecycleRun says when a repository's policy was last applied. Sole writer:
// ecrctl; it goes with the policy.
type LifecycleRun struct {
	// Repository is the repository's ARN.
	Repository string
	At         time.Time
}

// LifecycleRuns holds the last run by repository.
var LifecycleRuns = store.NewTable("ecr.lifecycle-runs", func(r *LifecycleRun) string { return r.Repository })

// LifecyclePreview is what a policy would have done when it was tried. Sole
// writer: ecrapi.
type LifecyclePreview struct {
	// Repository is the repository's ARN.
	Repository string
	Text       string
	// Expiries are as they were then; the images may have changed since.
	Expiries []Expiry
}

// LifecyclePreviews holds the last preview by repository.
var LifecyclePreviews = store.NewTable("ecr.lifecycle-previews", func(p *LifecyclePreview) string { return p.Repository })

// DeleteLifecyclePolicy removes a repository's policy with the record of its runs.
func DeleteLifecyclePolicy(tx *store.Txn, repository string) {
	LifecyclePolicies.Delete(tx, repository)
	LifecycleRuns.Delete(tx, repository)
}

// pushPatience is how long an image without a tag is spared: the index that it
// is part of, or the tag, may be on its way.
const pushPatience = time.Hour

// Due says which images of a repository its policy expires now, and when to ask
// again, which is the zero time if only a change can bring more.
func Due(r store.Reader, p *LifecyclePolicy, now time.Time) (due []*Image, next time.Time, err error) {
	policy, err := ParseLifecycle(p.Text)
	if err != nil {
		return nil, next, err
	}
	var images []*Image
	for image := range ImagesIn(r, p.Repository) {
		images = append(images, image)
	}
	next = policy.Next(images, now)
	for _, e := range policy.Plan(images, now) {
		spared := e.Image.PushedAt.Add(pushPatience)
		switch {
		case len(e.Image.Tags) > 0 || !now.Before(spared):
			due = append(due, e.Image)
		case next.IsZero() || spared.Before(next):
			next = spared
		}
	}
	return due, next, nil
}

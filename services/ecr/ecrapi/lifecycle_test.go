package ecrapi

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

const keepOne = `{"rules":[{"rulePriority":7,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}]}`

func TestLifecyclePolicy(t *testing.T) {
	w := newWorld(t)
	_, err := w.GetLifecyclePolicy(w.ctx, &GetLifecyclePolicyInput{RepositoryName: app})
	w.refused("none yet", err, "LifecyclePolicyNotFoundException", "Lifecycle policy does not exist for the repository with name 'app' in the registry with id '123456789012'")
	_, err = w.DeleteLifecyclePolicy(w.ctx, &DeleteLifecyclePolicyInput{RepositoryName: app})
	w.refused("none to delete", err, "LifecyclePolicyNotFoundException", "")
	_, err = w.PutLifecyclePolicy(w.ctx, &PutLifecyclePolicyInput{RepositoryName: app, LifecyclePolicyText: wire.Ptr(`{"rules":[]}`)})
	w.refused("no rules", err, ecr.CodeInvalidParameter, "")
	_, err = w.PutLifecyclePolicy(w.ctx, &PutLifecyclePolicyInput{RepositoryName: wire.Ptr("none"), LifecyclePolicyText: wire.Ptr(keepOne)})
	w.refused("no repository", err, ecr.CodeRepositoryNotFound, "")
	put, err := w.PutLifecyclePolicy(w.ctx, &PutLifecyclePolicyInput{RepositoryName: app, LifecyclePolicyText: wire.Ptr(keepOne)})
	if err != nil || *put.LifecyclePolicyText != keepOne || *put.RegistryId != caller.Account {
		t.Errorf("%+v %v", put, err)
	}
	got, err := w.GetLifecyclePolicy(w.ctx, &GetLifecyclePolicyInput{RepositoryName: app})
	if err != nil || *got.LifecyclePolicyText != keepOne || got.LastEvaluatedAt != nil {
		t.Errorf("%+v %v", got, err)
	}
	w.update(func(tx *store.Txn) error {
		ecr.LifecycleRuns.Put(tx, ecr.LifecycleRun{Repository: ecr.RepositoryARN(caller.Scope(), *app), At: w.Clock.Now()})
		return nil
	})
	gone, err := w.DeleteLifecyclePolicy(w.ctx, &DeleteLifecyclePolicyInput{RepositoryName: app})
	if err != nil || *gone.LifecyclePolicyText != keepOne || !gone.LastEvaluatedAt.Equal(w.Clock.Now()) {
		t.Errorf("%+v %v", gone, err)
	}
	// A policy goes with its repository.
	if _, err = w.PutLifecyclePolicy(w.ctx, &PutLifecyclePolicyInput{RepositoryName: app, LifecyclePolicyText: wire.Ptr(keepOne)}); err != nil {
		t.Fatal(err)
	}
	if _, err = w.DeleteRepository(w.ctx, &DeleteRepositoryInput{RepositoryName: app}); err != nil {
		t.Fatal(err)
	}
	for range ecr.LifecyclePolicies.All(w.Store.Snapshot()) {
		t.Error("the policy is left")
	}
}

func TestLifecyclePreview(t *testing.T) {
	w := newWorld(t)
	_, err := w.GetLifecyclePolicyPreview(w.ctx, &GetLifecyclePolicyPreviewInput{RepositoryName: app})
	w.refused("none yet", err, "LifecyclePolicyPreviewNotFoundException", "")
	_, err = w.StartLifecyclePolicyPreview(w.ctx, &StartLifecyclePolicyPreviewInput{RepositoryName: app})
	w.refused("no policy", err, "LifecyclePolicyNotFoundException", "")
	_, err = w.StartLifecyclePolicyPreview(w.ctx, &StartLifecyclePolicyPreviewInput{RepositoryName: app, LifecyclePolicyText: wire.Ptr(strings.Repeat("x", 100))})
	w.refused("a bad policy", err, ecr.CodeInvalidParameter, "")

	digests := map[string]bool{}
	for i, tag := range []string{"v1", "v2", "", "v3", "", "v4", "v5", ""} {
		digests[w.put(fmt.Sprint("image ", i), tag)] = true
	}
	started, err := w.StartLifecyclePolicyPreview(w.ctx, &StartLifecyclePolicyPreviewInput{RepositoryName: app, LifecyclePolicyText: wire.Ptr(keepOne)})
	if err != nil || *started.Status != "COMPLETE" {
		t.Errorf("%+v %v", started, err)
	}
	var seen []string
	for token := (*string)(nil); ; {
		page, err := w.GetLifecyclePolicyPreview(w.ctx, &GetLifecyclePolicyPreviewInput{RepositoryName: app, MaxResults: wire.Ptr(int32(1)), NextToken: token})
		if err != nil {
			t.Fatal(err)
		}
		if *page.Summary.ExpiringImageTotalCount != 7 || *page.LifecyclePolicyText != keepOne {
			t.Errorf("%+v", page)
		}
		for _, r := range page.PreviewResults {
			if !digests[*r.ImageDigest] || *r.AppliedRulePriority != 7 || *r.Action.Type != "EXPIRE" {
				t.Errorf("%+v", r)
			}
			seen = append(seen, *r.ImageDigest)
		}
		if token = page.NextToken; token == nil {
			break
		}
	}
	if len(seen) != 7 || !slices.IsSorted(seen) {
		t.Errorf("%v expire", seen)
	}
	one, err := w.GetLifecyclePolicyPreview(w.ctx, &GetLifecyclePolicyPreviewInput{RepositoryName: app, ImageIds: []ImageIdentifier{{ImageDigest: &seen[1]}}})
	if err != nil || len(one.PreviewResults) != 1 || *one.PreviewResults[0].ImageDigest != seen[1] {
		t.Errorf("%+v %v", one, err)
	}
	_, err = w.GetLifecyclePolicyPreview(w.ctx, &GetLifecyclePolicyPreviewInput{RepositoryName: app, ImageIds: []ImageIdentifier{{ImageDigest: &seen[1]}}, MaxResults: wire.Ptr(int32(1))})
	w.refused("both", err, ecr.CodeInvalidParameter, "")
	for status, most := range map[string]int{"TAGGED": 5, "UNTAGGED": 3} {
		got, err := w.GetLifecyclePolicyPreview(w.ctx, &GetLifecyclePolicyPreviewInput{RepositoryName: app, Filter: &LifecyclePolicyPreviewFilter{TagStatus: &status}})
		if err != nil || len(got.PreviewResults) > most {
			t.Errorf("%s: %+v %v", status, got, err)
		}
		for _, r := range got.PreviewResults {
			if (len(r.ImageTags) > 0) != (status == "TAGGED") {
				t.Errorf("%s: %v", status, r.ImageTags)
			}
		}
	}
	// Trying harms nothing.
	all, err := w.ListImages(w.ctx, &ListImagesInput{RepositoryName: app})
	if err != nil || len(all.ImageIds) != 8 {
		t.Errorf("%+v %v", all, err)
	}
}

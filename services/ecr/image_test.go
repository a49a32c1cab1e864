package ecr_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

func TestPutImage(t *testing.T) {
	w := newWorld(t, nil)
	m := manifest(t, "config", "layer")
	if err := w.put(m, "v1"); code(err) != ecr.CodeLayersNotFound {
		t.Errorf("without layers: %v", err)
	}
	w.layer("config")
	w.layer("layer")
	if err := w.put(m, "v1"); err != nil {
		t.Fatal(err)
	}
	if err := w.put(m, "v0"); err != nil {
		t.Fatal(err)
	}
	image, ok := ecr.ImageByTag(w.Snapshot(), w.repo.ARN, "v1")
	if !ok || image.Digest != m.Digest || strings.Join(image.Tags, " ") != "v0 v1" || image.Size != int64(len("config")+len("layer")) {
		t.Errorf("%+v", image)
	}
	if err := w.put(m, "no tag"); code(err) != ecr.CodeInvalidParameter {
		t.Errorf("bad tag: %v", err)
	}
	// A tag moves to the newer image.
	w.layer("other")
	if err := w.put(manifest(t, "config", "other"), "v1"); err != nil {
		t.Fatal(err)
	}
	if old, _ := ecr.ImageByDigest(w.Snapshot(), w.repo.ARN, m.Digest); strings.Join(old.Tags, " ") != "v0" {
		t.Errorf("the old image has %v", old.Tags)
	}
}

// TestLyingSize holds that a manifest that lies about a layer's size is refused.
func TestLyingSize(t *testing.T) {
	w := newWorld(t, nil)
	w.layer("config")
	lie := described("config")
	lie["size"] = 5
	m := parse(t, ecr.OCIManifest, object{"schemaVersion": 2, "config": lie})
	if err := w.put(m, "v1"); code(err) != ecr.CodeInvalidParameter {
		t.Errorf("got %v", err)
	}
}

func TestImmutable(t *testing.T) {
	for _, c := range []struct {
		mutability, tag string
		exclusions      []string
		fixed           bool
	}{
		{ecr.Mutable, "v1", nil, false},
		{ecr.Immutable, "v1", nil, true},
		{ecr.ImmutableWithExclusion, "v1", []string{"dev-*"}, true},
		{ecr.ImmutableWithExclusion, "dev-1", []string{"x", "dev-*"}, false},
		{ecr.MutableWithExclusion, "v1", []string{"v*"}, true},
		{ecr.MutableWithExclusion, "latest", []string{"v*"}, false},
	} {
		w := newWorld(t, func(r *ecr.Repository) { r.Mutability, r.Exclusions = c.mutability, c.exclusions })
		w.layer("config")
		w.layer("layer")
		if err := w.put(manifest(t, "config"), c.tag); err != nil {
			t.Fatal(err)
		}
		err := w.put(manifest(t, "config", "layer"), c.tag)
		if got := code(err) == ecr.CodeImageTagExists; got != c.fixed {
			t.Errorf("%s of %s %v: %v", c.tag, c.mutability, c.exclusions, err)
		}
	}
}

func TestCheckMutability(t *testing.T) {
	for _, c := range []struct {
		mutability string
		exclusions []string
		ok         bool
	}{
		{ecr.Immutable, nil, true},
		{ecr.Immutable, []string{"a"}, false},
		{ecr.MutableWithExclusion, nil, false},
		{ecr.MutableWithExclusion, []string{"*a*"}, true},
		{ecr.MutableWithExclusion, []string{"*a*b*"}, false},
	} {
		if err := ecr.CheckMutability(c.mutability, c.exclusions); (err == nil) != c.ok {
			t.Errorf("%s %v: %v", c.mutability, c.exclusions, err)
		}
	}
}

// TestDelete holds that layers go with the last image that needs them.
func TestDelete(t *testing.T) {
	w := newWorld(t, nil)
	config, shared, own := w.layer("config"), w.layer("shared"), w.layer("own")
	one, two := manifest(t, "config", "shared", "own"), manifest(t, "config", "shared")
	for tag, m := range map[string]*ecr.Manifest{"one": one, "two": two} {
		if err := w.put(m, tag); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(tag string) {
		w.do(func(tx *store.Txn) error {
			image, _ := ecr.ImageByTag(tx, w.repo.ARN, tag)
			ecr.DeleteTag(tx, image, tag)
			return nil
		})
	}
	remove("one")
	needed := ecr.Referenced(w.Snapshot())
	if needed[own] || needed[one.Digest] || !needed[config] || !needed[shared] || !needed[two.Digest] {
		t.Errorf("needed: %v", needed)
	}
	remove("two")
	if needed := ecr.Referenced(w.Snapshot()); len(needed) != 0 {
		t.Errorf("needed: %v", needed)
	}
}

func TestIndex(t *testing.T) {
	w := newWorld(t, nil)
	w.layer("config")
	child := manifest(t, "config")
	index := parse(t, ecr.OCIIndex, object{"schemaVersion": 2, "manifests": []object{{"mediaType": child.MediaType, "digest": child.Digest, "size": child.Size}}})
	if err := w.put(index, "all"); code(err) != ecr.CodeReferencedImagesNotFound {
		t.Errorf("without its images: %v", err)
	}
	if err := w.put(child, ""); err != nil {
		t.Fatal(err)
	}
	if err := w.put(index, "all"); err != nil {
		t.Fatal(err)
	}
	part, _ := ecr.ImageByDigest(w.Snapshot(), w.repo.ARN, child.Digest)
	if parents := ecr.Parents(w.Snapshot(), part); !slices.Equal(parents, []string{index.Digest}) {
		t.Errorf("parents %v", parents)
	}
	// A part that loses its tag stays: the index needs it.
	if err := w.put(child, "part"); err != nil {
		t.Fatal(err)
	}
	w.do(func(tx *store.Txn) error {
		image, _ := ecr.ImageByTag(tx, w.repo.ARN, "part")
		ecr.DeleteTag(tx, image, "part")
		return nil
	})
	if _, ok := ecr.ImageByDigest(w.Snapshot(), w.repo.ARN, child.Digest); !ok {
		t.Error("the index lost a part")
	}
}

func TestReferrers(t *testing.T) {
	w := newWorld(t, nil)
	w.layer("config")
	subject := manifest(t, "config")
	about := object{"mediaType": subject.MediaType, "digest": subject.Digest, "size": subject.Size}
	signature := parse(t, ecr.OCIManifest, object{"schemaVersion": 2, "artifactType": "application/x.signature", "config": described("config"), "subject": about})
	if err := w.put(signature, ""); err != nil {
		t.Fatal(err)
	}
	list := ecr.Referrers(w.Snapshot(), w.repo.ARN, subject.Digest)
	if len(list) != 1 || list[0].Digest != signature.Digest || list[0].ArtifactType != "application/x.signature" {
		t.Errorf("%+v", list)
	}
}

func TestLooseLayers(t *testing.T) {
	w := newWorld(t, nil)
	w.layer("config")
	loose := w.layer("loose")
	if err := w.put(manifest(t, "config"), "v1"); err != nil {
		t.Fatal(err)
	}
	if ids := ecr.LooseLayers(w.Snapshot(), now); len(ids) != 0 {
		t.Errorf("too early: %v", ids)
	}
	ids := ecr.LooseLayers(w.Snapshot(), now.Add(time.Second))
	if len(ids) != 1 || !strings.HasSuffix(ids[0], loose) {
		t.Errorf("loose: %v", ids)
	}
}

func TestDeleteRepository(t *testing.T) {
	w := newWorld(t, nil)
	w.layer("config")
	if err := w.put(manifest(t, "config"), "v1"); err != nil {
		t.Fatal(err)
	}
	remove := func(force bool) error {
		return w.Update(t.Context(), func(tx *store.Txn) error { return ecr.DeleteRepository(tx, w.repo, force) })
	}
	if err := remove(false); code(err) != "RepositoryNotEmptyException" {
		t.Errorf("not forced: %v", err)
	}
	if err := remove(true); err != nil {
		t.Fatal(err)
	}
	if needed := ecr.Referenced(w.Snapshot()); len(needed) != 0 {
		t.Errorf("needed: %v", needed)
	}
	// A push under way finds it gone.
	if err := w.put(manifest(t, "config"), "v1"); code(err) != ecr.CodeRepositoryNotFound {
		t.Errorf("push: %v", err)
	}
	err := w.Update(t.Context(), func(tx *store.Txn) error { return ecr.PutLayer(tx, w.repo, ecr.Layer{Digest: "sha256:1"}) })
	if code(err) != ecr.CodeRepositoryNotFound {
		t.Errorf("layer: %v", err)
	}
}

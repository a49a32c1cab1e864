package ecrapi

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecr"
)

func TestPutImage(t *testing.T) {
	w := newWorld(t)
	put := func(change func(*PutImageInput)) error {
		in := &PutImageInput{RepositoryName: app, ImageManifest: manifest("config"), ImageTag: wire.Ptr("v1")}
		if change != nil {
			change(in)
		}
		_, err := w.PutImage(w.ctx, in)
		return err
	}
	missing := digest.FromString("config").String()
	w.refused("without layers", put(nil), ecr.CodeLayersNotFound,
		"Layers with digests '["+missing+"]' required for pushing image into repository with name 'app' in the registry with id '123456789012' do not exist")
	d := w.put("config", "v1")
	w.refused("again", put(nil), "ImageAlreadyExistsException",
		"Image with digest '"+d+"' and tag 'v1' already exists in the repository with name 'app' in registry with id '123456789012'")
	w.refused("a lie", put(func(in *PutImageInput) { in.ImageDigest = &missing }), "ImageDigestDoesNotMatchException", "")
	w.refused("nonsense", put(func(in *PutImageInput) { in.ImageManifest = wire.Ptr("x") }), ecr.CodeInvalidParameter, "")
	w.refused("no repository", put(func(in *PutImageInput) { in.RepositoryName = wire.Ptr("none") }), ecr.CodeRepositoryNotFound, "")
	w.fine("another tag", put(func(in *PutImageInput) { in.ImageTag, in.ImageDigest = wire.Ptr("v2"), &d }))
	_, err := w.PutImageTagMutability(w.ctx, &PutImageTagMutabilityInput{RepositoryName: app, ImageTagMutability: wire.Ptr(ecr.Immutable)})
	w.fine("fix the tags", err)
	w.refused("a fixed tag", put(nil), ecr.CodeImageTagExists, "The image tag 'v1' already exists in the 'app' repository and cannot be overwritten because the tag is immutable.")
}

func TestBatchGetImage(t *testing.T) {
	w := newWorld(t)
	d := w.put("config", "v1")
	lie := digest.FromString("lie").String()
	out, err := w.BatchGetImage(w.ctx, &BatchGetImageInput{RepositoryName: app, ImageIds: []ImageIdentifier{
		{ImageTag: wire.Ptr("v1")}, {ImageDigest: &d}, {ImageTag: wire.Ptr("v2")}, {ImageDigest: wire.Ptr("x")}, {}, {ImageTag: wire.Ptr("v1"), ImageDigest: &lie},
	}})
	if err != nil || len(out.Images) != 2 || *out.Images[0].ImageManifest != *manifest("config") || *out.Images[0].ImageId.ImageTag != "v1" || out.Images[1].ImageId.ImageTag != nil {
		t.Fatalf("%+v, %v", out, err)
	}
	var codes []string
	for _, f := range out.Failures {
		codes = append(codes, *f.FailureCode)
	}
	if strings.Join(codes, " ") != "ImageNotFound InvalidImageDigest MissingDigestAndTag ImageTagDoesNotMatchDigest" {
		t.Errorf("failures %v", codes)
	}
	_, err = w.BatchGetImage(w.ctx, &BatchGetImageInput{RepositoryName: app, ImageIds: []ImageIdentifier{{ImageDigest: &d}}, AcceptedMediaTypes: []string{ecr.DockerManifest}})
	w.refused("another media type", err, ecr.CodeInvalidParameter, "")
}

func TestBatchDeleteImage(t *testing.T) {
	w := newWorld(t)
	d := w.put("config", "v1")
	w.put("other", "v2")
	_, err := w.PutImage(w.ctx, &PutImageInput{RepositoryName: app, ImageManifest: manifest("config"), ImageTag: wire.Ptr("v3")})
	w.fine("a second tag", err)
	index, _ := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": ecr.OCIIndex, "manifests": []map[string]any{{"digest": d, "size": len(*manifest("config"))}}})
	all, err := w.PutImage(w.ctx, &PutImageInput{RepositoryName: app, ImageManifest: wire.Ptr(string(index)), ImageTag: wire.Ptr("all")})
	if err != nil {
		t.Fatal(err)
	}
	drop := func(ids ...ImageIdentifier) *BatchDeleteImageOutput {
		t.Helper()
		out, err := w.BatchDeleteImage(w.ctx, &BatchDeleteImageInput{RepositoryName: app, ImageIds: ids})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if out := drop(ImageIdentifier{ImageTag: wire.Ptr("v1")}); len(out.ImageIds) != 1 || *out.ImageIds[0].ImageDigest != d {
		t.Errorf("one tag: %+v", out)
	}
	if out := drop(ImageIdentifier{ImageDigest: &d}); len(out.Failures) != 1 || *out.Failures[0].FailureCode != "ImageReferencedByManifestList" ||
		!strings.Contains(*out.Failures[0].FailureReason, *all.Image.ImageId.ImageDigest) {
		t.Errorf("a part: %+v", out)
	}
	// With its index it goes, in whatever order they are named.
	if out := drop(ImageIdentifier{ImageDigest: &d}, ImageIdentifier{ImageDigest: all.Image.ImageId.ImageDigest}); len(out.Failures) != 0 || len(out.ImageIds) != 2 {
		t.Errorf("both: %+v", out)
	}
	if out := drop(ImageIdentifier{ImageDigest: &d}, ImageIdentifier{ImageTag: wire.Ptr("v2")}); len(out.Failures) != 1 || len(out.ImageIds) != 1 {
		t.Errorf("the rest: %+v", out)
	}
	if needed := ecr.Referenced(w.Store.Snapshot()); len(needed) != 0 {
		t.Errorf("still needed: %v", needed)
	}
}

func TestListings(t *testing.T) {
	w := newWorld(t)
	d := w.put("config", "v1")
	w.put("config", "v2")
	bare := w.put("bare", "")
	list := func(filter *ListImagesFilter) int {
		t.Helper()
		out, err := w.ListImages(w.ctx, &ListImagesInput{RepositoryName: app, Filter: filter})
		if err != nil {
			t.Fatal(err)
		}
		return len(out.ImageIds)
	}
	for status, want := range map[string]int{"TAGGED": 2, "UNTAGGED": 1, "ANY": 3} {
		if got := list(&ListImagesFilter{TagStatus: &status}); got != want {
			t.Errorf("%s: %d, want %d", status, got, want)
		}
	}
	if got := list(&ListImagesFilter{ImageStatus: wire.Ptr("ARCHIVED")}); got != 0 {
		t.Errorf("archived: %d", got)
	}
	out, err := w.DescribeImages(w.ctx, &DescribeImagesInput{RepositoryName: app})
	if err != nil || len(out.ImageDetails) != 2 {
		t.Fatalf("%+v, %v", out, err)
	}
	out, err = w.DescribeImages(w.ctx, &DescribeImagesInput{RepositoryName: app, ImageIds: []ImageIdentifier{{ImageTag: wire.Ptr("v2")}, {ImageDigest: &bare}}})
	if err != nil || *out.ImageDetails[0].ImageDigest != d || strings.Join(out.ImageDetails[0].ImageTags, " ") != "v1 v2" ||
		*out.ImageDetails[0].ImageSizeInBytes != int64(len("config")) || out.ImageDetails[1].ImageTags != nil {
		t.Errorf("%+v, %v", out, err)
	}
	_, err = w.DescribeImages(w.ctx, &DescribeImagesInput{RepositoryName: app, ImageIds: []ImageIdentifier{{ImageTag: wire.Ptr("none")}}})
	w.refused("unknown", err, ecr.CodeImageNotFound,
		"The image with imageId {imageDigest:'null', imageTag:'none'} does not exist within the repository with name 'app' in the registry with id '123456789012'")
}

func TestBatchCheckLayerAvailability(t *testing.T) {
	w := newWorld(t)
	have, lack := w.layer("have"), digest.FromString("lack").String()
	out, err := w.BatchCheckLayerAvailability(w.ctx, &BatchCheckLayerAvailabilityInput{RepositoryName: app, LayerDigests: []string{have, lack, "nonsense"}})
	if err != nil || len(out.Layers) != 2 || len(out.Failures) != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	if *out.Layers[0].LayerAvailability != "AVAILABLE" || *out.Layers[0].LayerSize != 4 || *out.Layers[1].LayerAvailability != "UNAVAILABLE" || *out.Failures[0].FailureCode != "InvalidLayerDigest" {
		t.Errorf("%+v", out)
	}
}

package ecr

import (
	"iter"
	"slices"
	"time"

	"kaimon.dev/kaimon/store"
)

// Layer is a blob in a repository: a layer or a configuration. Sole writer:
// the registry, through ecrctl; it goes with the last image that needs it.
type Layer struct {
	// Repository is the repository's ARN.
	Repository string
	Digest     string
	// Size is in bytes.
	Size       int64
	UploadedAt time.Time
}

// ID is the layer's key.
func (l *Layer) ID() string { return contentID(l.Repository, l.Digest) }

// Layers holds every layer by repository and digest.
var Layers = store.NewTable("ecr.layers", (*Layer).ID,
	store.Index[Layer]{Name: byRepository, Keys: func(l *Layer) []string { return []string{l.Repository} }})

// LayersIn lists a repository's layers by digest.
func LayersIn(r store.Reader, repository string) iter.Seq[*Layer] {
	return Layers.By(r, byRepository, repository)
}

// FindLayer finds a repository's layer by digest.
func FindLayer(r store.Reader, repository, digest string) (*Layer, bool) {
	return Layers.Get(r, contentID(repository, digest))
}

// LayerUsed says whether an image of the repository needs a layer.
func LayerUsed(r store.Reader, repository, digest string) bool {
	for image := range ImagesIn(r, repository) {
		if slices.Contains(image.Layers, digest) {
			return true
		}
	}
	return false
}

// PutLayer records a layer; it fails if the repository has gone meanwhile.
func PutLayer(tx *store.Txn, repo *Repository, l Layer) error {
	if _, ok := Repositories.Get(tx, repo.ARN); !ok {
		return ErrRepositoryNotFound(repo.Scope, repo.Name)
	}
	l.Repository = repo.ARN
	Layers.Put(tx, l)
	return nil
}

// LooseLayers lists the layers that were uploaded before a time and that no
// image needs: what pushes that were cut off have left.
func LooseLayers(r store.Reader, before time.Time) []string {
	var loose []string
	needed := map[string]bool{}
	for image := range Images.All(r) {
		for _, digest := range image.Layers {
			needed[contentID(image.Repository, digest)] = true
		}
	}
	for layer := range Layers.All(r) {
		if layer.UploadedAt.Before(before) && !needed[layer.ID()] {
			loose = append(loose, layer.ID())
		}
	}
	return loose
}

// Referenced returns every digest that some repository needs.
func Referenced(r store.Reader) map[string]bool {
	needed := map[string]bool{}
	for layer := range Layers.All(r) {
		needed[layer.Digest] = true
	}
	for image := range Images.All(r) {
		needed[image.Digest] = true
	}
	return needed
}

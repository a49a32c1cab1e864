package ecr

import (
	"iter"
	"slices"
	"time"

	"kaimon.dev/kaimon/internal/lazyregexp"
	"kaimon.dev/kaimon/store"
)

// Image is a manifest in a repository. Writers: the registry, through PutImage,
// and ecrapi.
type Image struct {
	// Repository is the repository's ARN.
	Repository string
	// Digest and ManifestSize (in bytes) are of the manifest.
	Digest       string
	ManifestSize int64
	MediaType    string
	ArtifactType string
	// Size is of the manifest's layers, in bytes; of an index 0.
	Size int64
	// Layers, Manifests and Subject are the digests that the manifest refers to.
	Layers, Manifests []string
	Subject           string
	Annotations       map[string]string
	// Tags are in order.
	Tags     []string
	PushedAt time.Time
}

// ID is the image's key.
func (i *Image) ID() string { return contentID(i.Repository, i.Digest) }

// Images holds every image by repository and digest.
var Images = store.NewTable("ecr.images", (*Image).ID,
	store.Index[Image]{Name: byRepository, Keys: func(i *Image) []string { return []string{i.Repository} }},
	store.Index[Image]{Name: byTag, Keys: func(i *Image) []string {
		keys := make([]string, len(i.Tags))
		for n, tag := range i.Tags {
			keys[n] = tagKey(i.Repository, tag)
		}
		return keys
	}})

// ImagesIn lists a repository's images by digest.
func ImagesIn(r store.Reader, repository string) iter.Seq[*Image] {
	return Images.By(r, byRepository, repository)
}

// ImageByDigest finds an image by its manifest's digest.
func ImageByDigest(r store.Reader, repository, digest string) (*Image, bool) {
	return Images.Get(r, contentID(repository, digest))
}

// ImageByTag finds an image by tag.
func ImageByTag(r store.Reader, repository, tag string) (*Image, bool) {
	for image := range Images.By(r, byTag, tagKey(repository, tag)) {
		return image, true
	}
	return nil, false
}

var tagPattern = lazyregexp.New(`^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$`)

// CheckTagName says whether a text can be a tag (OCI Distribution Specification).
func CheckTagName(tag string) error {
	if !tagPattern.MatchString(tag) {
		return ErrInvalidParameter("Invalid parameter at 'imageTag' failed to satisfy constraint: 'must satisfy regular expression '[a-zA-Z0-9-_+.]+''")
	}
	return nil
}

// PutImage records a manifest, under a tag if that isn't empty. All that it
// refers to must be in the repository. What is there already is no error here,
// except a tag that may not move.
func PutImage(tx *store.Txn, repo *Repository, m *Manifest, tag string, now time.Time) (*Image, error) {
	repo, err := FindRepository(tx, repo.Scope, repo.Name) // as it is now
	if err != nil {
		return nil, err
	}
	if tag != "" {
		if err := CheckTagName(tag); err != nil {
			return nil, err
		}
		holder, ok := ImageByTag(tx, repo.ARN, tag)
		if ok && repo.Fixed(tag) {
			return nil, ErrImageTagExists(repo, tag)
		}
		if ok && holder.Digest != m.Digest {
			Images.Put(tx, holder.withoutTag(tag))
		}
	}
	size, err := m.check(tx, repo)
	if err != nil {
		return nil, err
	}
	return m.record(tx, repo.ARN, tag, size, now), nil
}

// record puts the row of a manifest, or adds a tag to the one that is there.
func (m *Manifest) record(tx *store.Txn, repository, tag string, size int64, now time.Time) *Image {
	image := Image{
		Repository: repository, Digest: m.Digest, ManifestSize: m.Size, MediaType: m.MediaType, ArtifactType: m.ArtifactType, Size: size,
		Layers: m.Layers, Manifests: m.Manifests, Subject: m.Subject, Annotations: m.Annotations, PushedAt: now,
	}
	if have, ok := ImageByDigest(tx, repository, m.Digest); ok {
		image = *have
	}
	if tag != "" && !slices.Contains(image.Tags, tag) {
		image.Tags = append(slices.Clone(image.Tags), tag)
		slices.Sort(image.Tags)
	}
	Images.Put(tx, image)
	return &image
}

// check finds all that a manifest refers to and returns the size of its layers.
func (m *Manifest) check(r store.Reader, repo *Repository) (size int64, err error) {
	var absent []string
	for _, digest := range m.Layers {
		layer, ok := FindLayer(r, repo.ARN, digest)
		if !ok {
			absent = append(absent, digest)
			continue
		}
		if layer.Size != m.LayerSizes[digest] {
			return 0, errManifest("The layer '%s' has %d bytes, not %d", digest, layer.Size, m.LayerSizes[digest])
		}
		size += layer.Size
	}
	if len(absent) > 0 {
		return 0, ErrLayersNotFound(repo, absent)
	}
	for _, digest := range m.Manifests {
		if _, ok := ImageByDigest(r, repo.ARN, digest); !ok {
			absent = append(absent, digest)
		}
	}
	if len(absent) > 0 {
		return 0, ErrReferencedImagesNotFound(repo, absent)
	}
	return size, nil
}

func (i *Image) withoutTag(tag string) Image {
	image := *i
	image.Tags = slices.DeleteFunc(slices.Clone(i.Tags), func(t string) bool { return t == tag })
	return image
}

// DeleteTag takes a tag off its image; the image goes with its last tag.
func DeleteTag(tx *store.Txn, i *Image, tag string) {
	left := i.withoutTag(tag)
	if len(left.Tags) == 0 {
		if len(Parents(tx, i)) == 0 {
			DeleteImage(tx, i)
			return
		}
	}
	Images.Put(tx, left)
}

// Parents lists the indexes of the repository that an image is part of.
func Parents(r store.Reader, i *Image) []string {
	var parents []string
	for other := range ImagesIn(r, i.Repository) {
		if slices.Contains(other.Manifests, i.Digest) {
			parents = append(parents, other.Digest)
		}
	}
	return parents
}

// DeleteImage removes an image, with the layers that no other image of the
// repository needs.
func DeleteImage(tx *store.Txn, i *Image) { DeleteImages(tx, i.Repository, []*Image{i}) }

// DeleteImages removes images of one repository, with the layers that no other
// image of it needs.
func DeleteImages(tx *store.Txn, repository string, all []*Image) {
	for _, i := range all {
		Images.Delete(tx, i.ID())
	}
	needed := map[string]bool{}
	for other := range ImagesIn(tx, repository) {
		for _, digest := range other.Layers {
			needed[digest] = true
		}
	}
	for _, i := range all {
		for _, digest := range i.Layers {
			if !needed[digest] {
				Layers.Delete(tx, contentID(repository, digest))
			}
		}
	}
}

// Referrers lists the images of a repository that are about another one.
func Referrers(r store.Reader, repository, subject string) []*Image {
	var all []*Image
	for image := range ImagesIn(r, repository) {
		if image.Subject == subject {
			all = append(all, image)
		}
	}
	return all
}

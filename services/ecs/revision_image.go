package ecs

import (
	"maps"
	"strings"

	"kaimon.dev/kaimon/store"
)

// RevisionImages are the images that the first task of a service revision got,
// which all its tasks get (Developer Guide, "Container image resolution"). Sole
// writer: ecsctl. It goes with the revision.
type RevisionImages struct {
	RevisionARN string
	// Digests are by image as the definition names it.
	Digests map[string]string
}

// ImagesOfRevisions holds them by revision.
var ImagesOfRevisions = store.NewTable("ecs.revision-images", func(i *RevisionImages) string { return i.RevisionARN })

// DigestFor is what a revision's tasks get for an image; "" before the first.
func DigestFor(r store.Reader, revisionARN, image string) string {
	if row, ok := ImagesOfRevisions.Get(r, revisionARN); ok {
		return row.Digests[image]
	}
	return ""
}

// PinImage has all tasks of a revision get a digest for an image, unless another
// was pinned before, and returns the one that they get.
func PinImage(tx *store.Txn, revisionARN, image, digest string) string {
	row := RevisionImages{RevisionARN: revisionARN, Digests: map[string]string{}}
	if have, ok := ImagesOfRevisions.Get(tx, revisionARN); ok {
		if pinned := have.Digests[image]; pinned != "" {
			return pinned
		}
		row.Digests = maps.Clone(have.Digests)
	}
	row.Digests[image] = digest
	if _, ok := ServiceRevisions.Get(tx, revisionARN); ok { // else its tasks end soon
		ImagesOfRevisions.Put(tx, row)
	}
	return digest
}

// Consistent says whether all tasks of a deployment run the same version of the
// container's image. An image by digest is always the same.
func (c *ContainerDefinition) Consistent() bool {
	return c.VersionConsistency != "disabled" && !strings.Contains(c.Image, "@")
}

// AtDigest names an image by digest in place of its tag.
func AtDigest(image, digest string) string {
	if i := strings.LastIndexByte(image, ':'); i > strings.LastIndexByte(image, '/') {
		image = image[:i]
	}
	return image + "@" + digest
}

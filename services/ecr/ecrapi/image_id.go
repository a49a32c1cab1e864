package ecrapi

import (
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/lazyregexp"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

var digestPattern = lazyregexp.New(`^[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+$`)

// The codes of ImageFailure, and the texts of those that say no more.
const (
	failNotFound = "ImageNotFound"
	failDigest   = "InvalidImageDigest"
	failBoth     = "ImageTagDoesNotMatchDigest"
	failNeither  = "MissingDigestAndTag"
	failPart     = "ImageReferencedByManifestList"
)

var failureReasons = map[string]string{
	failNotFound: "Requested image not found",
	failDigest:   "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
	failBoth:     "The image tag does not match the image digest",
	failNeither:  "Invalid request parameters: both tag and digest cannot be null",
}

// lookup finds an image of a repository, or says how the identifier fails.
func lookup(r store.Reader, repo *ecr.Repository, id ImageIdentifier) (image *ecr.Image, failure string) {
	digest, tag := wire.Val(id.ImageDigest), wire.Val(id.ImageTag)
	var ok bool
	switch {
	case digest == "" && tag == "":
		return nil, failNeither
	case digest != "" && !digestPattern.MatchString(digest):
		return nil, failDigest
	case tag != "":
		image, ok = ecr.ImageByTag(r, repo.ARN, tag)
	default:
		image, ok = ecr.ImageByDigest(r, repo.ARN, digest)
	}
	switch {
	case !ok:
		return nil, failNotFound
	case digest != "" && image.Digest != digest:
		return nil, failBoth
	}
	return image, ""
}

func failed(id ImageIdentifier, code string) ImageFailure {
	return ImageFailure{ImageId: &id, FailureCode: wire.Ptr(code), FailureReason: wire.Ptr(failureReasons[code])}
}

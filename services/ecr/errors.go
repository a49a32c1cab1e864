package ecr

import (
	"strings"

	"kaimon.dev/kaimon/aws"
)

// Errors of the ECR API, with the codes of its reference.

// Codes that the registry tells apart.
const (
	CodeRepositoryNotFound       = "RepositoryNotFoundException"
	CodeImageNotFound            = "ImageNotFoundException"
	CodeImageTagExists           = "ImageTagAlreadyExistsException"
	CodeLayersNotFound           = "LayersNotFoundException"
	CodeReferencedImagesNotFound = "ReferencedImagesNotFoundException"
	CodeInvalidParameter         = "InvalidParameterException"
	CodeAccessDenied             = "AccessDeniedException"
)

// ErrInvalidParameter says that a parameter can't be.
func ErrInvalidParameter(format string, args ...any) *aws.Error {
	return aws.Errorf(CodeInvalidParameter, format, args...)
}

func errManifest(format string, args ...any) *aws.Error {
	return ErrInvalidParameter("Invalid parameter at 'ImageManifest' failed to satisfy constraint: '"+format+"'", args...)
}

// ErrRepositoryNotFound says that there is no such repository.
func ErrRepositoryNotFound(s aws.Scope, name string) *aws.Error {
	return aws.Errorf(CodeRepositoryNotFound, "The repository with name '%s' does not exist in the registry with id '%s'", name, s.Account)
}

// ErrRepositoryExists says that the name is taken.
func ErrRepositoryExists(s aws.Scope, name string) *aws.Error {
	return aws.Errorf("RepositoryAlreadyExistsException", "The repository with name '%s' already exists in the registry with id '%s'", name, s.Account)
}

// ErrRepositoryNotEmpty says that a repository still has images.
func ErrRepositoryNotEmpty(r *Repository) *aws.Error {
	return aws.Errorf("RepositoryNotEmptyException", "The repository with name '%s' in registry with id '%s' cannot be deleted because it still contains images", r.Name, r.Scope.Account)
}

// ErrImageNotFound says that a repository has no such image. What isn't given
// is empty.
func ErrImageNotFound(r *Repository, digest, tag string) *aws.Error {
	quoted := func(s string) string {
		if s == "" {
			return "'null'"
		}
		return "'" + s + "'"
	}
	return aws.Errorf(CodeImageNotFound, "The image with imageId {imageDigest:%s, imageTag:%s} does not exist within the repository with name '%s' in the registry with id '%s'",
		quoted(digest), quoted(tag), r.Name, r.Scope.Account)
}

// ErrImageExists says that an image is there under that tag.
func ErrImageExists(r *Repository, digest, tag string) *aws.Error {
	if tag == "" {
		tag = "null"
	}
	return aws.Errorf("ImageAlreadyExistsException", "Image with digest '%s' and tag '%s' already exists in the repository with name '%s' in registry with id '%s'", digest, tag, r.Name, r.Scope.Account)
}

// ErrImageTagExists says that a tag may not be moved.
func ErrImageTagExists(r *Repository, tag string) *aws.Error {
	return aws.Errorf(CodeImageTagExists, "The image tag '%s' already exists in the '%s' repository and cannot be overwritten because the tag is immutable.", tag, r.Name)
}

// ErrLayersNotFound says which layers of a manifest are not there.
func ErrLayersNotFound(r *Repository, digests []string) *aws.Error {
	return aws.Errorf(CodeLayersNotFound, "Layers with digests '[%s]' required for pushing image into repository with name '%s' in the registry with id '%s' do not exist",
		strings.Join(digests, ", "), r.Name, r.Scope.Account)
}

// ErrLayerNotFound says that a repository has no such layer.
func ErrLayerNotFound(r *Repository, digest string) *aws.Error {
	return aws.Errorf(CodeLayersNotFound, "The layer with digest '%s' does not exist in the repository with name '%s' in the registry with id '%s'", digest, r.Name, r.Scope.Account)
}

// ErrUpstreamImage says that the registry of a pull-through rule did not give an image.
func ErrUpstreamImage(s aws.Scope, repository string, cause error) *aws.Error {
	return aws.Errorf("UnableToGetUpstreamImageException", "Unable to get the upstream image for the repository '%s' in the registry with id '%s': %v", repository, s.Account, cause)
}

// ErrUpstreamLayer says that the registry of a pull-through rule did not give a layer.
func ErrUpstreamLayer(s aws.Scope, repository string, cause error) *aws.Error {
	return aws.Errorf("UnableToGetUpstreamLayerException", "Unable to get the upstream layer for the repository '%s' in the registry with id '%s': %v", repository, s.Account, cause)
}

// ErrLayerInaccessible says that no image has a layer.
func ErrLayerInaccessible(r *Repository, digest string) *aws.Error {
	return aws.Errorf("LayerInaccessibleException", "The layer with digest '%s' in the repository with name '%s' in the registry with id '%s' is not associated with an image", digest, r.Name, r.Scope.Account)
}

// ErrLayerExists says that a layer is there already.
func ErrLayerExists(r *Repository, digest string) *aws.Error {
	return aws.Errorf("LayerAlreadyExistsException", "Layer with digest '%s' already exists in the repository with name '%s' in the registry with id '%s'", digest, r.Name, r.Scope.Account)
}

// ErrUploadNotFound says that a repository has no such upload.
func ErrUploadNotFound(r *Repository, id string) *aws.Error {
	return aws.Errorf("UploadNotFoundException", "The upload with id '%s' does not exist in the repository with name '%s' in the registry with id '%s'", id, r.Name, r.Scope.Account)
}

// ErrLayerPart says that a part can't be added to an upload of some bytes.
func ErrLayerPart(r *Repository, id string, size int64, why string) *aws.Error {
	e := aws.Errorf("InvalidLayerPartException", "The layer part of the upload with id '%s' is not valid: %s", id, why)
	e.Fields = map[string]any{"registryId": r.Scope.Account, "repositoryName": r.Name, "uploadId": id, "lastValidByteReceived": max(0, size-1)}
	return e
}

// ErrReferencedImagesNotFound says which images of an index are not there.
func ErrReferencedImagesNotFound(r *Repository, digests []string) *aws.Error {
	return aws.Errorf(CodeReferencedImagesNotFound, "Images with digests '[%s]' required for pushing image into repository with name '%s' in the registry with id '%s' do not exist",
		strings.Join(digests, ", "), r.Name, r.Scope.Account)
}

// ErrDigestMismatch says that a manifest isn't what the client says.
func ErrDigestMismatch() *aws.Error {
	return aws.Errorf("ImageDigestDoesNotMatchException", "The specified image digest does not match the digest that Amazon ECR calculated for the image.")
}

// ErrRepositoryPolicyNotFound says that a repository has no policy.
func ErrRepositoryPolicyNotFound(r *Repository) *aws.Error {
	return aws.Errorf("RepositoryPolicyNotFoundException", "Repository policy does not exist for the repository with name '%s' in the registry with id '%s'", r.Name, r.Scope.Account)
}

// ErrLifecyclePolicyNotFound says that a repository has no lifecycle policy.
func ErrLifecyclePolicyNotFound(r *Repository) *aws.Error {
	return aws.Errorf("LifecyclePolicyNotFoundException", "Lifecycle policy does not exist for the repository with name '%s' in the registry with id '%s'", r.Name, r.Scope.Account)
}

// ErrLifecyclePreviewNotFound says that no lifecycle policy was tried.
func ErrLifecyclePreviewNotFound(r *Repository) *aws.Error {
	return aws.Errorf("LifecyclePolicyPreviewNotFoundException", "Lifecycle policy preview does not exist for the repository with name '%s' in the registry with id '%s'", r.Name, r.Scope.Account)
}

// ErrTooManyTags says that a repository would have more than 50 tags.
func ErrTooManyTags() *aws.Error {
	return aws.Errorf("TooManyTagsException", "The list of tags on the repository is over the limit. The maximum number of tags that can be applied to a repository is %d.", maxTags)
}

// ErrInvalidTag says that a tag can't be.
func ErrInvalidTag(format string, args ...any) *aws.Error {
	return aws.Errorf("InvalidTagParameterException", format, args...)
}

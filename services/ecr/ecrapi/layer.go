package ecrapi

import (
	"context"
	"net/url"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecr"
)

// BatchCheckLayerAvailability implements API.
func (h *Handlers) BatchCheckLayerAvailability(ctx context.Context, in *BatchCheckLayerAvailabilityInput) (*BatchCheckLayerAvailabilityOutput, error) {
	r, repo, err := h.open(ctx, target{"BatchCheckLayerAvailability", in.RegistryId, in.RepositoryName})
	if err != nil {
		return nil, err
	}
	out := &BatchCheckLayerAvailabilityOutput{Layers: []Layer{}, Failures: []LayerFailure{}}
	for _, digest := range in.LayerDigests {
		if !digestPattern.MatchString(digest) {
			out.Failures = append(out.Failures, LayerFailure{
				LayerDigest: &digest, FailureCode: wire.Ptr("InvalidLayerDigest"),
				FailureReason: wire.Ptr("Invalid request parameters: layer digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'"),
			})
			continue
		}
		layer, ok := ecr.FindLayer(r, repo.ARN, digest)
		if !ok {
			out.Layers = append(out.Layers, Layer{LayerDigest: &digest, LayerAvailability: wire.Ptr("UNAVAILABLE")})
			continue
		}
		out.Layers = append(out.Layers, Layer{LayerDigest: &digest, LayerAvailability: wire.Ptr("AVAILABLE"), LayerSize: &layer.Size})
	}
	return out, nil
}

// GetDownloadUrlForLayer implements API: a URL of the registry that opens the
// layer for an hour, to whoever has it. What a pull-through rule names is fetched.
func (h *Handlers) GetDownloadUrlForLayer(ctx context.Context, in *GetDownloadUrlForLayerInput) (*GetDownloadUrlForLayerOutput, error) {
	about := target{"GetDownloadUrlForLayer", in.RegistryId, in.RepositoryName}
	err := h.fetch(ctx, about, func(s aws.Scope, repository string) error {
		if err := h.Upstream.FetchLayer(ctx, s, repository, *in.LayerDigest); err != nil {
			return ecr.ErrUpstreamLayer(s, repository, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	r, repo, err := h.open(ctx, about)
	if err != nil {
		return nil, err
	}
	digest := *in.LayerDigest
	if _, ok := ecr.FindLayer(r, repo.ARN, digest); !ok {
		return nil, ecr.ErrLayerNotFound(repo, digest)
	}
	if !ecr.LayerUsed(r, repo.ARN, digest) {
		return nil, ecr.ErrLayerInaccessible(repo, digest)
	}
	token, err := ecr.LayerToken(repo, digest, ecr.PrincipalOf(aws.CallerFrom(ctx)), h.Clock.Now()).Sign(r)
	if err != nil {
		return nil, err
	}
	u := url.URL{Scheme: "http", Host: h.Address, Path: "/v2/" + repo.Name + "/blobs/" + digest, RawQuery: url.Values{"token": {token}}.Encode()}
	return &GetDownloadUrlForLayerOutput{DownloadUrl: wire.Ptr(u.String()), LayerDigest: &digest}, nil
}

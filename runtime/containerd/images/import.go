package images

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/images/archive"
	"github.com/distribution/reference"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"encoding/json"
)

// Import takes the images of an OCI or Docker archive and returns their names.
// They are served from here from now on, whatever their registry says.
func (s *Store) Import(ctx context.Context, tar io.Reader) ([]string, error) {
	ctx, done, err := s.leased(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	index, err := archive.ImportIndex(ctx, s.content, tar)
	if err != nil {
		return nil, fmt.Errorf("read archive: %w", err)
	}
	raw, err := content.ReadBlob(ctx, s.content, index)
	if err != nil {
		return nil, err
	}
	var list ocispec.Index
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("read archive: %w", err)
	}
	var names []string
	for _, target := range list.Manifests {
		name, err := archiveName(target.Annotations)
		if err != nil {
			return names, err
		}
		target.Annotations = nil
		img := images.Image{Name: name, Target: target, Labels: map[string]string{importedLabel: "true"}}
		if err := s.take(ctx, img); err != nil {
			return names, fmt.Errorf("import %s: %w", name, err)
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil, errors.New("read archive: no named image")
	}
	return names, nil
}

// take records an imported image, also one for another architecture: asking for
// it says then what is wrong.
func (s *Store) take(ctx context.Context, img images.Image) error {
	_, err := s.adopt(ctx, img)
	if errors.Is(err, errPlatform) {
		return s.put(ctx, img)
	}
	return err
}

// archiveName is the full name that an archive gives an image.
func archiveName(annotations map[string]string) (string, error) {
	name := annotations[images.AnnotationImageName]
	if name == "" {
		name = annotations[ocispec.AnnotationRefName]
	}
	ref, err := reference.ParseDockerRef(name)
	if err != nil {
		return "", fmt.Errorf("image name %q in the archive: %w", name, err)
	}
	return ref.String(), nil
}

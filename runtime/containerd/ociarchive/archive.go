// Package ociarchive writes images as OCI archives (image-spec, "Image Layout",
// in a tar), which ImportImages and other tools read.
package ociarchive

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Image is an image to write.
type Image struct {
	// Name is its full name, such as "docker.io/kaimon/sample:latest".
	Name string
	// Architecture is in OCI's words ("amd64").
	Architecture string
	Config       ocispec.ImageConfig
	// Layers write the contents of the layers, the lowest first.
	Layers []func(*tar.Writer) error
}

// Write writes images as one archive. Layers are kept in temporary files in dir,
// "" for the system's, since their digests come first.
func Write(w io.Writer, dir string, images ...Image) (err error) {
	out := tar.NewWriter(w)
	if err := addBytes(out, ocispec.ImageLayoutFile, []byte(`{"imageLayoutVersion":"`+ocispec.ImageLayoutVersion+`"}`)); err != nil {
		return err
	}
	index := ocispec.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageIndex}
	for _, img := range images {
		manifest, err := add(out, dir, img)
		if err != nil {
			return fmt.Errorf("image %s: %w", img.Name, err)
		}
		index.Manifests = append(index.Manifests, manifest)
	}
	raw, err := json.Marshal(index)
	if err != nil {
		return err
	}
	if err := addBytes(out, ocispec.ImageIndexFile, raw); err != nil {
		return err
	}
	return out.Close()
}

// add writes an image's blobs and describes its manifest.
func add(out *tar.Writer, dir string, img Image) (ocispec.Descriptor, error) {
	config := ocispec.Image{
		Platform: ocispec.Platform{Architecture: img.Architecture, OS: "linux"},
		Config:   img.Config,
		RootFS:   ocispec.RootFS{Type: "layers", DiffIDs: []digest.Digest{}},
	}
	manifest := ocispec.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest, Layers: []ocispec.Descriptor{}}
	for _, l := range img.Layers {
		layer, err := addLayer(out, dir, l)
		if err != nil {
			return layer, err
		}
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, layer.Digest)
		manifest.Layers = append(manifest.Layers, layer)
	}
	var err error
	if manifest.Config, err = addJSON(out, ocispec.MediaTypeImageConfig, config); err != nil {
		return manifest.Config, err
	}
	desc, err := addJSON(out, ocispec.MediaTypeImageManifest, manifest)
	desc.Annotations = map[string]string{"io.containerd.image.name": img.Name}
	return desc, err
}

func addLayer(out *tar.Writer, dir string, write func(*tar.Writer) error) (desc ocispec.Descriptor, err error) {
	f, err := os.CreateTemp(dir, "layer-")
	if err != nil {
		return desc, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	h := sha256.New()
	layer := tar.NewWriter(io.MultiWriter(f, h))
	if err := errors.Join(write(layer), layer.Close()); err != nil {
		return desc, err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return desc, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return desc, err
	}
	desc = ocispec.Descriptor{MediaType: ocispec.MediaTypeImageLayer, Digest: sum(h), Size: size}
	return desc, addBlob(out, desc.Digest, size, f)
}

func sum(h hash.Hash) digest.Digest {
	return digest.NewDigestFromEncoded(digest.SHA256, hex.EncodeToString(h.Sum(nil)))
}

func addJSON(out *tar.Writer, mediaType string, v any) (ocispec.Descriptor, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return ocispec.Descriptor{}, err
	}
	desc := ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(raw), Size: int64(len(raw))}
	return desc, addBytes(out, blobPath(desc.Digest), raw)
}

func blobPath(d digest.Digest) string { return "blobs/sha256/" + d.Encoded() }

func addBytes(out *tar.Writer, name string, data []byte) error {
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data))}); err != nil {
		return err
	}
	_, err := out.Write(data)
	return err
}

func addBlob(out *tar.Writer, d digest.Digest, size int64, r io.Reader) error {
	if err := out.WriteHeader(&tar.Header{Name: blobPath(d), Mode: 0o644, Size: size}); err != nil {
		return err
	}
	_, err := io.Copy(out, r)
	return err
}

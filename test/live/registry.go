package live

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"kaimon.dev/kaimon/test/images"
)

// RegistryAddress is where Registry listens; image names start with it.
const RegistryAddress = "localhost:5000"

// Foreign is the architecture of the image foreign, which no test machine has.
const Foreign = "s390x"

// Registry is an OCI registry on this host that holds test images: each under
// its name, and busybox also as "foreign", for an architecture that isn't ours.
type Registry struct{ server *http.Server }

// StartRegistry starts a registry with the test images of these names, with
// temporary files in dir.
func StartRegistry(ctx context.Context, dir string, names ...string) (*Registry, error) {
	l, err := net.Listen("tcp", RegistryAddress)
	if err != nil {
		return nil, err
	}
	quiet := log.New(io.Discard, "", 0)
	r := &Registry{server: &http.Server{Handler: registry.New(registry.Logger(quiet)), ErrorLog: quiet}}
	go r.server.Serve(l)
	for _, n := range names {
		if err := push(ctx, dir, n); err != nil {
			return nil, errors.Join(fmt.Errorf("push %s: %w", n, err), r.Close())
		}
	}
	return r, nil
}

// Close stops the registry.
func (r *Registry) Close() error { return r.server.Close() }

func push(ctx context.Context, dir, image string) error {
	archive, err := images.Archive(ctx, os.Getenv(imagesVariable), image)
	if err != nil {
		return err
	}
	dir = filepath.Join(dir, image)
	if err := extract(archive, dir); err != nil {
		return err
	}
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return err
	}
	img, err := index.Image(manifest.Manifests[0].Digest)
	if err != nil {
		return err
	}
	if err := write(ctx, image, img); err != nil || image != "busybox" {
		return err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return err
	}
	config = config.DeepCopy()
	config.Architecture = Foreign
	if runtime.GOARCH == Foreign {
		config.Architecture = "amd64"
	}
	if img, err = mutate.ConfigFile(img, config); err != nil {
		return err
	}
	return write(ctx, "foreign", img)
}

func write(ctx context.Context, image string, img v1.Image) error {
	ref, err := name.NewTag(RegistryAddress + "/" + image + ":latest")
	if err != nil {
		return err
	}
	return remote.Write(ref, img, remote.WithContext(ctx))
}

// extract unpacks the files of an OCI archive, whose folders are implied.
func extract(archive, dir string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if err := extractFile(r, filepath.Join(dir, filepath.Clean("/"+h.Name))); err != nil {
			return err
		}
	}
}

func extractFile(r io.Reader, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"kaimon.dev/kaimon/test/live"
)

// The large image: busybox, and layers of noise, which is slow to unpack.
const (
	largeLayers = 4
	layerBytes  = 256 << 20
)

// pushedPatience is how much longer than a warm start the first task of a pushed
// image may take.
const pushedPatience = 50 * time.Millisecond

// measureImages measures RunTask to first word for an image of 1 GiB: pulled from
// another registry and unpacked; pushed to ours, for the first task, which is
// asked for when the push has returned, or when the image is unpacked as well; and
// then for the next ones.
func measureImages(ctx context.Context, dir string, n int) (table, error) {
	image, err := largeImage(filepath.Join(dir, "large"))
	if err != nil {
		return nil, err
	}
	const elsewhere = live.RegistryAddress + "/large"
	if _, err := push(ctx, elsewhere, image, authn.Anonymous); err != nil {
		return nil, err
	}
	l, err := listen()
	if err != nil {
		return nil, err
	}
	defer l.Close()
	var rows table
	err = withWorld(ctx, dir, "pulled", func(w *world) error {
		pulled, err := w.starts(ctx, l, elsewhere, 1)
		rows = append(rows, atMost("RunTask to the first word, image of 1 GiB, pulled and unpacked", first(pulled), 0))
		return err
	})
	if err != nil {
		return rows, err
	}
	for _, wait := range []bool{false, true} {
		err = withWorld(ctx, dir, fmt.Sprintf("pushed-%t", wait), func(w *world) error {
			more, err := w.measurePush(ctx, l, image, n, wait)
			rows = append(rows, more...)
			return err
		})
		if err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// withWorld runs fn with a server of its own.
func withWorld(ctx context.Context, dir, name string, fn func(*world) error) error {
	w, err := newWorld(ctx, dir, name)
	if err != nil {
		return err
	}
	return errors.Join(fn(w), w.Down(context.WithoutCancel(ctx)))
}

// measurePush pushes the image and starts tasks of it: the first when the push
// has returned, or once the image is unpacked as well.
func (w *world) measurePush(ctx context.Context, l net.Listener, image v1.Image, n int, wait bool) (table, error) {
	uri, login, err := w.ecrRepository(ctx, "large")
	if err != nil {
		return nil, err
	}
	took, err := push(ctx, uri, image, login)
	if err != nil {
		return nil, err
	}
	if wait {
		begun := time.Now()
		if err := w.unpacked(ctx); err != nil {
			return nil, err
		}
		took += time.Since(begun)
	}
	all, err := w.starts(ctx, l, uri, 1+min(n, 10))
	if err != nil {
		return nil, err
	}
	warm := quantile(all[1:], 0.5)
	if !wait {
		return table{
			atMost("push of the same to our registry", took, 0),
			atMost("  RunTask when the push has returned", first(all), warm+pushedPatience),
		}, nil
	}
	return table{
		atMost("  push until it is unpacked", took, 0),
		atMost("  RunTask then", first(all), warm+pushedPatience),
		atMost(fmt.Sprintf("  the next ones, p50 of %d", len(all)-1), warm, 0),
	}, nil
}

// starts runs tasks of an image, one after the other.
func (w *world) starts(ctx context.Context, l net.Listener, image string, n int) ([]time.Duration, error) {
	if err := w.define(ctx, "large", image, speak...); err != nil {
		return nil, err
	}
	return w.series(ctx, l, "large", n)
}

func first(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	return all[0]
}

// ecrRepository makes a repository, and a password for it.
func (w *world) ecrRepository(ctx context.Context, name string) (uri string, login authn.Authenticator, err error) {
	client, err := w.ECR()
	if err != nil {
		return "", nil, err
	}
	made, err := client.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: &name})
	if err != nil {
		return "", nil, err
	}
	token, err := client.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return "", nil, err
	}
	plain, err := base64.StdEncoding.DecodeString(*token.AuthorizationData[0].AuthorizationToken)
	user, password, _ := strings.Cut(string(plain), ":")
	return *made.Repository.RepositoryUri, &authn.Basic{Username: user, Password: password}, err
}

// push pushes an image and returns how long that took.
func push(ctx context.Context, text string, image v1.Image, login authn.Authenticator) (time.Duration, error) {
	ref, err := name.ParseReference(text)
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	err = remote.Write(ref, image, remote.WithContext(ctx), remote.WithAuth(login))
	return time.Since(begun), err
}

// unpacked waits until the server has unpacked what was pushed.
func (w *world) unpacked(ctx context.Context) error {
	access, err := w.Access()
	if err != nil {
		return err
	}
	for range 3000 {
		var health struct {
			Details struct {
				Loops map[string]struct{ Waiting, Running, Runs int } `json:"loops"`
			} `json:"details"`
		}
		if err := getJSON(ctx, access.Endpoint+"/_kaimon/health", &health); err != nil {
			return err
		}
		if loop := health.Details.Loops["ecr.unpack"]; loop.Runs > 0 && loop.Waiting+loop.Running == 0 {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("the image isn't unpacked")
}

func getJSON(ctx context.Context, url string, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(out)
}

// largeImage makes the image, with its layers in dir.
func largeImage(dir string) (v1.Image, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	ref, err := name.ParseReference(live.RegistryAddress + "/busybox")
	if err != nil {
		return nil, err
	}
	image, err := remote.Image(ref)
	if err != nil {
		return nil, err
	}
	for i := range largeLayers {
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := writeNoise(path, byte(i)); err != nil {
			return nil, err
		}
		layer, err := tarball.LayerFromFile(path)
		if err != nil {
			return nil, err
		}
		if image, err = mutate.AppendLayers(image, layer); err != nil {
			return nil, err
		}
	}
	return image, nil
}

// writeNoise writes a compressed layer with one file of random bytes.
func writeNoise(path string, seed byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z, err := gzip.NewWriterLevel(f, gzip.BestSpeed)
	if err != nil {
		return err
	}
	t := tar.NewWriter(z)
	if err := t.WriteHeader(&tar.Header{Name: fmt.Sprintf("noise%d", seed), Mode: 0o644, Size: layerBytes}); err != nil {
		return err
	}
	if _, err := io.CopyN(t, rand.NewChaCha8([32]byte{seed}), layerBytes); err != nil {
		return err
	}
	return errors.Join(t.Close(), z.Close())
}

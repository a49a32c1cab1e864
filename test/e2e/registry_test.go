package e2e

import (
	"errors"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/rogpeppe/go-internal/testscript"

	"kaimon.dev/kaimon/test/live"
)

// pushCommand is push IMAGE REFERENCE: it pushes a test image, with the password
// in the variable PASSWORD, pulls it back and compares. The digest is on stdout.
func pushCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: push IMAGE REFERENCE")
	}
	source, err := name.ParseReference(live.RegistryAddress + "/" + args[0])
	ts.Check(err)
	target, err := name.ParseReference(args[1])
	ts.Check(err)
	image, err := remote.Image(source)
	ts.Check(err)
	login := remote.WithAuth(authn.FromConfig(authn.AuthConfig{Username: "AWS", Password: ts.Getenv("PASSWORD")}))
	err = remote.Write(target, image, login)
	if err != nil {
		fmt.Fprintln(ts.Stderr(), err)
	}
	expect(ts, neg, err)
	if err != nil {
		return
	}
	back := pullAll(ts, target, login)
	digest, err := back.Digest()
	ts.Check(err)
	fmt.Fprintln(ts.Stdout(), digest)
}

// pullCommand is pull REFERENCE: it pulls an image with all its layers, with the
// password in the variable PASSWORD.
func pullCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: pull REFERENCE")
	}
	ref, err := name.ParseReference(args[0])
	ts.Check(err)
	login := remote.WithAuth(authn.FromConfig(authn.AuthConfig{Username: "AWS", Password: ts.Getenv("PASSWORD")}))
	if _, err = remote.Get(ref, login); err != nil {
		fmt.Fprintln(ts.Stderr(), err)
	}
	expect(ts, neg, err)
	if err == nil {
		pullAll(ts, ref, login)
	}
}

// pullAll pulls an image and verifies its layers.
func pullAll(ts *testscript.TestScript, ref name.Reference, login remote.Option) v1.Image {
	image, err := remote.Image(ref, login)
	ts.Check(err)
	layers, err := image.Layers()
	ts.Check(err)
	for _, l := range layers {
		content, err := l.Compressed() // which verifies size and digest
		ts.Check(err)
		_, err = io.Copy(io.Discard, content)
		ts.Check(errors.Join(err, content.Close()))
	}
	return image
}

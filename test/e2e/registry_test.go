package e2e

import (
	"fmt"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
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
	back, err := remote.Image(target, login)
	ts.Check(err)
	ts.Check(validate.Image(back))
	digest, err := back.Digest()
	ts.Check(err)
	fmt.Fprintln(ts.Stdout(), digest)
}

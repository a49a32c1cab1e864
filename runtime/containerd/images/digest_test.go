package images

import (
	"errors"
	goruntime "runtime"
	"testing"

	"kaimon.dev/kaimon/runtime"
)

// TestForeignDigest holds that content that is here is nobody's by its digest
// alone: each repository's registry is asked, once, and says whether it has it.
func TestForeignDigest(t *testing.T) {
	f := newFixture(t)
	img := image(t, goruntime.GOARCH, "one")
	one := f.push("a/b:1", img)
	f.ensure(f.ref("a/b:1"))
	c := must(f.RegistryContent(t.Context()))
	private := f.store(c, image(t, goruntime.GOARCH, "private"))
	if err := f.Unpack(t.Context(), private); err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{f.ref("other@" + one), f.ref("a/b@" + private.Digest.String()), f.ref("other@" + private.Digest.String())} {
		f.reset()
		var pull *runtime.PullError
		if _, err := f.Ensure(t.Context(), ref, nil); !errors.As(err, &pull) || pull.Fault != runtime.PullNotFound || f.count("HEAD") == 0 {
			t.Errorf("%s: %v after %v", ref, err, f.requests)
		}
	}
	for _, reserved := range []string{"kaimon/x@" + one, "kaimon/x@" + private.Digest.String()} {
		if _, err := f.Ensure(t.Context(), reserved, nil); err == nil {
			t.Errorf("%s was found", reserved)
		}
	}
	f.push("other:1", img)
	for i, asked := range []int{1, 0} {
		f.reset()
		if got := f.ensure(f.ref("other@" + one)); got != one || f.count("HEAD") != asked || f.count("/blobs/") != 0 {
			t.Errorf("time %d: %s after %v", i, got, f.requests)
		}
	}
	// Both are still known after another one was.
	f.reset()
	if f.ensure(f.ref("a/b@" + one)); f.count("") != 0 {
		t.Errorf("the first repository was asked again: %v", f.requests)
	}
}

package ecs

import (
	"context"
	"testing"

	"kaimon.dev/kaimon/store"
)

func TestAtDigest(t *testing.T) {
	for image, want := range map[string]string{
		"nginx": "nginx@sha256:1", "nginx:1.27": "nginx@sha256:1", "host:5000/app": "host:5000/app@sha256:1", "host:5000/team/app:v1": "host:5000/team/app@sha256:1",
	} {
		if got := AtDigest(image, "sha256:1"); got != want {
			t.Errorf("%s: %s", image, got)
		}
	}
}

func TestConsistent(t *testing.T) {
	for c, want := range map[[2]string]bool{
		{"nginx", ""}: true, {"nginx", "enabled"}: true, {"nginx", "disabled"}: false, {"nginx@sha256:1", ""}: false,
	} {
		if (&ContainerDefinition{Image: c[0], VersionConsistency: c[1]}).Consistent() != want {
			t.Errorf("%v is not %t", c, want)
		}
	}
}

// TestPinImage holds that the first digest stays, and that nothing is kept for a
// revision that is gone.
func TestPinImage(t *testing.T) {
	s := store.OpenMemory(Tables()...)
	defer s.Close()
	pin := func(revision, image, digest string) (got string) {
		t.Helper()
		err := s.Update(context.Background(), func(tx *store.Txn) error { got = PinImage(tx, revision, image, digest); return nil })
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if err := s.Update(context.Background(), func(tx *store.Txn) error { ServiceRevisions.Put(tx, ServiceRevision{ARN: "r"}); return nil }); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][3]string{{"a:1", "one", "one"}, {"b", "two", "two"}, {"a:1", "three", "one"}} {
		if got := pin("r", c[0], c[1]); got != c[2] || DigestFor(s.Snapshot(), "r", c[0]) != c[2] {
			t.Errorf("%v: %s", c, got)
		}
	}
	if got := pin("gone", "a", "one"); got != "one" || DigestFor(s.Snapshot(), "gone", "a") != "" {
		t.Errorf("of a revision that is gone: %s", got)
	}
}

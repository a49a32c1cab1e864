package ecsctl

import (
	"errors"
	"testing"

	"kaimon.dev/kaimon/runtime"
)

func TestFullReference(t *testing.T) {
	for ref, want := range map[string]string{
		"nginx":                     "docker.io/library/nginx:latest",
		"nginx:1":                   "docker.io/library/nginx:1",
		"nginx@sha256:0":            "docker.io/library/nginx@sha256:0",
		"team/app":                  "docker.io/team/app:latest",
		"docker.io/nginx":           "docker.io/library/nginx:latest",
		"docker.io/team/app:1":      "docker.io/team/app:1",
		"localhost/app":             "localhost/app:latest",
		"localhost:5000/app":        "localhost:5000/app:latest",
		"r.example:5000/a/b/app:v1": "r.example:5000/a/b/app:v1",
	} {
		if got := fullReference(ref); got != want {
			t.Errorf("%s is %s, want %s", ref, got, want)
		}
	}
}

func TestPullReasonSaysNothingTwice(t *testing.T) {
	err := &runtime.PullError{Ref: "r.example/app:1", Fault: runtime.PullUnreachable, Err: errors.New("failed to do request: Head: refused")}
	const want = "CannotPullContainerError: pull image manifest has been retried 1 time(s): " +
		"failed to resolve ref r.example/app:1: failed to do request: Head: refused"
	if got := pullReason(err, "X86_64"); got != want {
		t.Error(got)
	}
	if got := pullReason(&runtime.PullError{Fault: runtime.PullPlatform, Err: err}, "ARM64"); got[len(got)-13:] != "'linux/arm64'" {
		t.Error(got)
	}
	if got := pullReason(errors.New("why"), ""); got != "CannotPullContainerError: why" {
		t.Error(got)
	}
}

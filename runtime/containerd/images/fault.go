package images

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	remoteerrors "github.com/containerd/containerd/v2/core/remotes/errors"
	"github.com/containerd/errdefs"
	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/runtime"
)

// errPlatform says that an image is not for this machine's architecture.
var errPlatform = errors.New("no variant for this architecture")

// platformError tells an image that lacks this architecture from other errors:
// containerd finds no manifest that matches.
func platformError(err error) error {
	if errdefs.IsNotFound(err) {
		return fmt.Errorf("%w: %w", errPlatform, err)
	}
	return err
}

// fault classifies an error for the one who asked for the image.
func fault(err error) runtime.PullFault {
	var status remoteerrors.ErrUnexpectedStatus
	switch {
	case errors.Is(err, errPlatform):
		return runtime.PullPlatform
	case errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT):
		return runtime.PullNoSpace
	case errors.Is(err, docker.ErrInvalidAuthorization) || errdefs.IsPermissionDenied(err):
		return runtime.PullDenied
	case errors.As(err, &status) && (status.StatusCode == http.StatusUnauthorized || status.StatusCode == http.StatusForbidden):
		return runtime.PullDenied
	case errdefs.IsNotFound(err):
		return runtime.PullNotFound
	case unreachable(err):
		return runtime.PullUnreachable
	case errdefs.IsInvalidArgument(err):
		return runtime.PullInvalid
	default:
		return runtime.PullOther
	}
}

// unreachable says whether a registry did not answer, or answered that it can't.
func unreachable(err error) bool {
	var status remoteerrors.ErrUnexpectedStatus
	if errors.As(err, &status) {
		return status.StatusCode >= http.StatusInternalServerError || status.StatusCode == http.StatusTooManyRequests
	}
	if errors.Is(err, context.Canceled) {
		return false
	}
	var netErr net.Error
	var urlErr *url.Error
	return errors.As(err, &netErr) || errors.As(err, &urlErr)
}

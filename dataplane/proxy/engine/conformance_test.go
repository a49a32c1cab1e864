package engine

import (
	"log/slog"
	"testing"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/proxytest"
	"kaimon.dev/kaimon/internal/testenv"
)

func TestPlane(t *testing.T) {
	testenv.NeedRoot(t)
	proxytest.TestPlane(t, func(t *testing.T) proxy.Plane {
		e := New(slog.New(slog.DiscardHandler))
		t.Cleanup(func() { e.Close() })
		return e
	})
}

package containerd

import (
	"os"
	"testing"

	"kaimon.dev/kaimon/internal/testenv"
)

func TestMain(m *testing.M) {
	if Main() {
		return
	}
	if errand := os.Getenv(serverMarker); errand != "" {
		serve(errand)
	}
	testenv.InHost(m)
}

package containerd

import (
	"testing"

	"kaimon.dev/kaimon/internal/testenv"
)

func TestMain(m *testing.M) {
	if Main() {
		return
	}
	testenv.InHost(m)
}

package vpc

import (
	"testing"

	"kaimon.dev/kaimon/internal/testenv"
)

func TestMain(m *testing.M) { testenv.InHost(m) }

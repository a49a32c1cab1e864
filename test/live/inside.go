package live

import (
	"path/filepath"

	"kaimon.dev/kaimon/dataplane/vpc"
)

// Inside opens the network namespace of a task of this server by its
// interface's ID, so that a test can connect as the task would.
func (s *Server) Inside(eni string) (*vpc.NetNS, error) {
	ns, _, err := vpc.Tap(filepath.Join("/run/kaimon", instanceID(s.DataDir)), eni)
	return ns, err
}

package containerd

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"kaimon.dev/kaimon/runtime/containerd/shim"
)

// compiledSeccomp has crun take a compiled filter instead of compiling one
// (crun(1), "run.oci.seccomp_bpf_data").
const compiledSeccomp = "run.oci.seccomp_bpf_data"

// seccompCache keeps the system call filters that crun compiled, by profile:
// compiling one takes longer than all else in making a container.
type seccompCache struct {
	mu       sync.Mutex
	compiled map[[sha256.Size]byte]string
}

// apply puts the compiled form of a spec's profile into the spec, if it is known.
// Otherwise learn, called once crun has made the container, keeps it.
func (s *seccompCache) apply(oci ociRuntime, spec *specs.Spec) (learn func(root, id string), err error) {
	if !strings.HasPrefix(oci.version, "crun ") {
		return func(string, string) {}, nil
	}
	profile, err := json.Marshal(spec.Linux.Seccomp)
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256(profile)
	s.mu.Lock()
	defer s.mu.Unlock()
	if data, ok := s.compiled[key]; ok {
		annotations := map[string]string{compiledSeccomp: data}
		for k, v := range spec.Annotations {
			annotations[k] = v
		}
		spec.Annotations = annotations
		return func(string, string) {}, nil
	}
	return func(root, id string) {
		// A version of crun that keeps no such file compiles every time.
		raw, err := os.ReadFile(filepath.Join(root, shim.Namespace, id, "seccomp.bpf"))
		if err != nil || len(raw) == 0 {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.compiled == nil {
			s.compiled = map[[sha256.Size]byte]string{}
		}
		s.compiled[key] = base64.StdEncoding.EncodeToString(raw)
	}, nil
}

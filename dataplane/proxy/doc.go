// Package proxy is the seam to the load balancers' data plane: complete desired
// configurations go to `kaimon proxy`, a process of its own that outlives the
// control plane; health, drained targets and metrics come back.
//
// The subpackages are that process: engine listens and forwards, http1 is the
// lean HTTP/1.1 path, route decides where a request goes, balance picks a
// target, probe checks health, measure counts.
package proxy

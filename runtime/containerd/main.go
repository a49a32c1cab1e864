package containerd

import (
	"kaimon.dev/kaimon/runtime/containerd/initproc"
	"kaimon.dev/kaimon/runtime/containerd/shim"
)

// Main does the work of a shim or of a container's init if this process was
// started as one, and says whether it was. A main program calls it before
// anything else and returns if so.
func Main() (handled bool) { return initproc.Main() || shim.Main() }

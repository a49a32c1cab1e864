// Package containerd runs tasks on this machine with containerd's parts: its
// image store, its overlayfs snapshotter and its OCI runtime shim, linked in
// and put together without its daemon. Engine runs single containers for
// runtime/supervise; Runtime is both, and what the control plane uses.
//
// A task has one shim process and one control group; what its containers share
// lies in a folder. A container's file system is an overlay mount of its image's
// layers and a folder of its own, so starting one writes nothing to a database:
//
//	<Dir>/images/            content, snapshots and their database
//	<Dir>/tasks/<task>/      task.json, etc/, volumes/, logs/
//	<Dir>/tasks/<task>/c/<container>/   config.json, rootfs/, rw/, record.json
//	<RunDir>/shims/<shim>/   socket and log of a shim
//	<RunDir>/oci/            the OCI runtime's state
//
// A main program calls Main first: the same binary is shim and container init.
package containerd

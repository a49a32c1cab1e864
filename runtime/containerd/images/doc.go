// Package images keeps container images: containerd's content store, its
// metadata database and its overlayfs snapshotter, put together without its
// daemon. Images are pulled from any OCI registry or imported from an archive,
// for this machine's architecture only, and unpacked at once, so that starting
// a container reads nothing from the database.
package images

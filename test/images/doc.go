// Package images makes the images that tests run, without any registry: busybox
// from the machine's own static binary, nginx and redis from Debian packages.
// Each is an OCI archive for ImportImages, named docker.io/kaimon/<name>:latest.
//
// Of a Debian package an image holds the program, the libraries that it is
// linked against and a configuration, found by reading the ELF files: 10 MB
// instead of a distribution. Packages are downloaded by apt, into a cache that
// is kept across runs.
package images

// The init alone, for tests.
package main

import "kaimon.dev/kaimon/runtime/containerd/initproc"

func main() { initproc.Main() }

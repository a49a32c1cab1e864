// Package live runs the real binary for end-to-end tests and benches: servers
// with data directories of their own, SDK clients for them, a registry that holds
// the test images, and a check that a server left nothing behind on the machine.
//
// Everything here is meant to run inside a host of its own (internal/testenv).
// What needs the machine's network, the build and the packages that images are
// made of, is prepared before going in:
//
//	func TestMain(m *testing.M) {
//		live.Prepare()
//		testenv.InHost(m)
//	}
package live

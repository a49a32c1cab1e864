// Package runtimetest is the conformance suite of runtime.Runtime: the fake,
// containerd and every later runtime pass the same tests.
//
// A runtime's own test calls Run with a Harness:
//
//	func TestConformance(t *testing.T) {
//		testenv.NeedRoot(t)
//		runtimetest.Run(t, runtimetest.Harness{
//			New: func(t *testing.T) runtimetest.World { return newWorld(t) },
//			Memory: true,
//		})
//	}
//
// New is called once a test and returns a World: one machine with one state
// directory, over which Open opens the runtime. A test that is about restarts
// closes the runtime and opens it again. The World cleans up with t.Cleanup.
//
// Containers run "/bin/sh -c SCRIPT" as Command with an empty EntryPoint, so
// the image that Prepare names needs a shell and, as real programs or
// built in, echo cat rm test sleep true false tail: busybox will do. The
// scripts keep to what runtime/fake understands. One Command is
// "/nonexistent/program", which no image has.
//
// Everything that a runtime does in its own time is awaited, nothing is
// measured; the suite takes about 20 s on a real runtime, none on the fake.
package runtimetest

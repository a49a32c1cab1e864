// Package runtime is the seam between the control plane and whatever runs a
// task. It is cut at the task, not at the container, so that a task maps onto
// a group of containers on this machine or onto a Pod elsewhere.
//
// The control plane says what should be (Apply, Stop, Remove), the runtime says
// what is (Observe). A Spec leaves the runtime no choice: the image is resolved
// to a digest, environment and secrets are values, the namespace exists. What
// happens inside a running task (order of start, health checks, restarts,
// the stop sequence) is the runtime's: it goes on when the control plane is away.
//
// runtimetest.Run is the conformance suite that every runtime passes.
package runtime

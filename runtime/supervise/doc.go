// Package supervise runs a task's containers over an engine that knows single
// containers only: it starts them in order of dependency, checks their health,
// restarts them in place, and stops them in reverse order. What to do next is a
// pure function of the Spec and what the engine reported (plan.go); the
// supervisor carries it out and keeps enough on disk to go on after a restart.
//
// The semantics are those of the Amazon ECS Developer Guide ("Container
// definition parameters", "Container restart policies", "Determine Amazon ECS
// task health using container health checks") and, where it is silent, of the
// published container agent. docs/design/supervise.md tells the idea.
package supervise

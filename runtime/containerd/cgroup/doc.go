// Package cgroup makes the control groups of tasks: one for the instance, below
// it one per task with the task's limits, below that one per container, which
// the OCI runtime makes from the container's spec. It works on the unified
// hierarchy (v2) and on the hierarchies of v1, mounted beside v2 or not.
package cgroup

// Package ecsctl makes tasks come true: it gives each one an interface, has its
// images fetched and its containers run, and writes down what became of it. It
// is the sole writer of ecs.TaskStatuses. docs/design/tasks.md tells who does
// what, in which order. And it makes services come true: it starts and stops
// their tasks, and is the sole writer of their statuses and events; see
// docs/design/services.md.
package ecsctl

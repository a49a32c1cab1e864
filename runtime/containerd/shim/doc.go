// Package shim is the process between the server and a task's containers. One
// shim serves all containers of one task; it owns their standard streams and
// their exit codes, so both survive the server. The process is our own binary,
// executed again and marked by an environment variable, and what it serves is
// containerd's task service (api/runtime/task/v3) over a socket that the server
// opened and handed down, so a shim can be started before its task is known.
//
// The server talks to that service directly. containerd's own shim manager is
// left out: it executes a binary twice per container, keeps a record for each in
// its database, and takes a container that ended while the server was away for
// leaked (docs/decisions/0003-containerd-embedded.md).
package shim

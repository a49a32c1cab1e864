// Package logs keeps the newest output of a container in a bounded file. The
// container writes into a named pipe that its shim holds open, so nothing is
// lost while the server is away: the writer blocks once the pipe is full, and
// the next server reads on.
package logs

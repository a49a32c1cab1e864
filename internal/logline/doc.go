// Package logline is the vocabulary that log events are passed around in: by the
// runtime that reads what containers print, the engine that keeps it, and the
// service that answers questions about it. None of them knows another.
package logline

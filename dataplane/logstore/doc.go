// Package logstore keeps log events on disk, over cockroachdb/pebble: appended
// durably through one write path that commits what comes together together,
// sorted by stream, time and sequence, and deleted by range.
//
// An event's key is its stream, its time and a sequence number of the whole
// store, so that a stretch of a stream is a stretch of keys, a group is a
// prefix, and retention is one range deletion a stream. Its value is the delay
// of its ingestion and its text. Beside the events lie marks: how much of a
// container's output has been taken, written with the events that were in it,
// so that a killed server neither loses a line nor takes it twice.
package logstore

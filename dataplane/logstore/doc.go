// Package logstore keeps log events on disk, over cockroachdb/pebble: appended
// durably through one write path that commits what comes together together,
// sorted by stream, time and sequence, and deleted by range.
//
// Events lie in blocks of up to 32 KiB, each of one stream and one slot of about
// a second. A block's key is its stream and the time and sequence number of its
// first event, so that a stretch of a stream is a stretch of keys, a group is a
// prefix, retention is one range deletion a stream, and a batch costs the engine
// a few keys, not thousands. Blocks of one slot may overlap, where several wrote
// at once: readers merge them.
//
// Beside the events lie marks: how much of a container's output has been taken,
// written with the events that were in it, so that a killed server neither loses
// a line nor takes it twice.
package logstore

// Package logsctl does CloudWatch Logs' work behind the API: it takes what
// containers print to their streams, and deletes what has expired or whose
// group or stream was deleted.
package logsctl

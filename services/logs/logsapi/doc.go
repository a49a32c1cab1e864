// Package logsapi answers the CloudWatch Logs API: it turns requests into nouns
// of package logs, reads and writes the store, and reads and writes events
// through the engine that it is handed.
package logsapi

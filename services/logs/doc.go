// Package logs holds the nouns and rules of CloudWatch Logs: groups, streams,
// their retention, and what may be put into them. The events themselves lie in
// an Engine, which the rest of the service is handed.
package logs

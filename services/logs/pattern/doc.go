// Package pattern is CloudWatch Logs' filter-pattern language: terms of
// unstructured text, conditions on the properties of JSON, and conditions on
// the fields of space-delimited lines (CloudWatch Logs User Guide, "Filter
// pattern syntax for metric filters, subscription filters, filter log events,
// and Live Tail").
package pattern

// Package insights is the CloudWatch Logs Insights query language (User Guide,
// "CloudWatch Logs Insights language query syntax"): a parser, a planner that
// turns a query into stages, and runs that events are streamed through.
//
// Each name in a query stands for one value, which is computed when a row is
// first asked for it. So the order of the commands hardly matters to the cost of
// a row: filters decide first, and what they don't need is computed only for
// rows that are kept. Memory is bounded: a sort keeps as many rows as the limit
// allows, and groups, distinct values and percentiles are counted against the
// bound that a run is given.
package insights

// Package metric keeps what load balancers, NAT gateways and log groups count,
// a minute at a time, until the metrics service reads it. A Sink takes numbers,
// Recent is the one that keeps them in memory.
//
// Names, dimensions and units are those that the AWS services publish to
// CloudWatch; a Datum is what PutMetricData's MetricDatum and StatisticSet are
// (CloudWatch API Reference).
package metric

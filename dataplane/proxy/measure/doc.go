// Package measure counts what load balancers do, by the minute, under the names
// of their CloudWatch metrics (Elastic Load Balancing user guide, "CloudWatch
// metrics for your Application Load Balancer").
package measure

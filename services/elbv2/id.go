package elbv2

import (
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/clock"
)

// Service is the service's name in ARNs.
const Service = "elasticloadbalancing"

// NewID returns the sixteen hexadecimal digits that end an ARN. IDs are made
// before a transaction, never inside.
func NewID() string { return clock.Hex(8) }

// kinds are the words for types of load balancers in ARNs.
var kinds = map[string]string{Application: "app", Network: "net"}

// LoadBalancerARN names a load balancer: loadbalancer/app/<name>/<id>.
func LoadBalancerARN(s aws.Scope, kind, name, id string) string {
	return s.ARN(Service, "loadbalancer/"+kinds[kind]+"/"+name+"/"+id).String()
}

// TargetGroupARN names a target group: targetgroup/<name>/<id>.
func TargetGroupARN(s aws.Scope, name, id string) string {
	return s.ARN(Service, "targetgroup/"+name+"/"+id).String()
}

// ListenerARN names a listener of a load balancer: listener/app/<name>/<id>/<id>.
func ListenerARN(loadBalancer, id string) string {
	return strings.Replace(loadBalancer, ":loadbalancer/", ":listener/", 1) + "/" + id
}

// LoadBalancerOf is the ARN of the load balancer that a listener's or rule's ARN
// tells of, "" for others.
func LoadBalancerOf(arn string) string {
	before, path, ok := strings.Cut(arn, ":listener-rule/")
	if !ok {
		if before, path, ok = strings.Cut(arn, ":listener/"); !ok {
			return ""
		}
	}
	if parts := strings.SplitN(path, "/", 4); len(parts) == 4 {
		return before + ":loadbalancer/" + strings.Join(parts[:3], "/")
	}
	return ""
}

// RuleARN names a rule of a listener: listener-rule/app/<name>/<id>/<id>/<id>.
func RuleARN(listener, id string) string {
	return strings.Replace(listener, ":listener/", ":listener-rule/", 1) + "/" + id
}

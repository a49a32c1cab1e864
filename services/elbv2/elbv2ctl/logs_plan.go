package elbv2ctl

import (
	"fmt"
	"path/filepath"
	"strings"

	"kaimon.dev/kaimon/services/elbv2"
)

// logDir is where a load balancer's access logs wait: its path below the spool
// is the bucket and what begins the keys of its objects, then its own name.
func logDir(spool string, b *elbv2.LoadBalancer, bucket, prefix string) string {
	return filepath.Join(spool, bucket, prefix, "AWSLogs", b.Scope.Account, "elasticloadbalancing", b.Scope.Region,
		strings.ReplaceAll(b.Path(), "/", "."))
}

// logObject says where a file of the spool is delivered to (Application Load
// Balancer guide, "Access log files"):
//
//	<prefix>/AWSLogs/<account>/elasticloadbalancing/<region>/<yyyy>/<mm>/<dd>/
//	<account>_elasticloadbalancing_<region>_app.<name>.<id>_<end>_<address>_<random>.log.gz
//
// A Network Load Balancer's have no address. The path is relative to the spool.
func logObject(path string) (bucket, key string, err error) {
	parts := strings.Split(filepath.ToSlash(path), "/")
	n := len(parts)
	if n < 7 || parts[n-6] != "AWSLogs" || parts[n-4] != "elasticloadbalancing" {
		return "", "", fmt.Errorf("%q is no access log", path)
	}
	node, rest, _ := strings.Cut(strings.TrimSuffix(parts[n-1], ".log"), "_")
	end, random, ok := strings.Cut(rest, "_")
	if !ok || len(end) != len("20060102T1504Z") {
		return "", "", fmt.Errorf("%q is no access log", path)
	}
	account, region, balancer := parts[n-5], parts[n-3], parts[n-2]
	name := strings.Join([]string{account, "elasticloadbalancing", region, balancer, end, node, random}, "_")
	if strings.HasPrefix(balancer, "net.") {
		name = strings.Join([]string{account, "elasticloadbalancing", region, balancer, end, random}, "_")
	}
	key = strings.Join(append(parts[1:n-2:n-2], end[:4], end[4:6], end[6:8], name+".log.gz"), "/")
	return parts[0], key, nil
}

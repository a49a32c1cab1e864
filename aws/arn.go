package aws

import (
	"fmt"
	"strings"
)

// ARN is an Amazon Resource Name, arn:partition:service:region:account:resource
// (AWS General Reference, "Amazon Resource Names").
type ARN struct {
	Partition string
	Service   string
	Region    string
	Account   string
	// Resource is everything after the fifth colon, such as "task/default/0123".
	Resource string
}

// ParseARN splits an ARN; it returns an error for anything that lacks a part.
func ParseARN(s string) (ARN, error) {
	p := strings.SplitN(s, ":", 6)
	if len(p) != 6 || p[0] != "arn" || p[1] == "" || p[2] == "" || p[5] == "" {
		return ARN{}, fmt.Errorf("arn %q: not of the form arn:partition:service:region:account:resource", s)
	}
	return ARN{Partition: p[1], Service: p[2], Region: p[3], Account: p[4], Resource: p[5]}, nil
}

// String returns the ARN's text.
func (a ARN) String() string {
	return strings.Join([]string{"arn", a.Partition, a.Service, a.Region, a.Account, a.Resource}, ":")
}

// Type returns the resource's type: what stands before its first slash.
func (a ARN) Type() string {
	t, _, _ := strings.Cut(a.Resource, "/")
	return t
}

// ID returns what stands after the resource's first slash, "" without one.
func (a ARN) ID() string {
	_, id, _ := strings.Cut(a.Resource, "/")
	return id
}

// ARN returns the ARN of a resource of this account and region.
func (s Scope) ARN(service, resource string) ARN {
	return ARN{Partition: Partition(s.Region), Service: service, Region: s.Region, Account: s.Account, Resource: resource}
}

// Partition returns the partition that a region belongs to.
func Partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

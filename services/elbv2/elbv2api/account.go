package elbv2api

import (
	"context"
	"slices"
	"strconv"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/elbv2"
)

// limits are the quotas that Kaimon holds to, in order of their names.
var limits = []struct {
	name string
	max  int
}{
	{"application-load-balancers", elbv2.MaxLoadBalancers},
	{"certificates-per-application-load-balancer", elbv2.MaxCertificates},
	{"listeners-per-application-load-balancer", elbv2.MaxListeners},
	{"listeners-per-network-load-balancer", elbv2.MaxListeners},
	{"network-load-balancers", elbv2.MaxLoadBalancers},
	{"rules-per-application-load-balancer", elbv2.MaxRules},
	{"target-groups", elbv2.MaxTargetGroups},
	{"target-groups-per-action-on-application-load-balancer", elbv2.MaxGroupsOfAction},
	{"targets-per-application-load-balancer", elbv2.MaxTargets},
}

// DescribeAccountLimits implements API.
func (h *Handlers) DescribeAccountLimits(_ context.Context, in *DescribeAccountLimitsInput) (*DescribeAccountLimitsOutput, error) {
	var all []Limit
	for _, l := range limits {
		all = append(all, Limit{Name: wire.Ptr(l.name), Max: wire.Ptr(strconv.Itoa(l.max))})
	}
	rows, next, err := cut("DescribeAccountLimits", in.Marker, in.PageSize, all, func(l Limit) string { return *l.Name })
	return &DescribeAccountLimitsOutput{Limits: rows, NextMarker: next}, err
}

// DescribeSSLPolicies implements API.
func (h *Handlers) DescribeSSLPolicies(_ context.Context, in *DescribeSSLPoliciesInput) (*DescribeSSLPoliciesOutput, error) {
	policies := elbv2.SSLPolicies
	if len(in.Names) > 0 {
		policies = nil
		for _, name := range in.Names {
			p, ok := elbv2.PolicyNamed(name)
			if !ok {
				return nil, elbv2.ErrPolicyNotFound(name)
			}
			policies = append(policies, p)
		}
	}
	policies = sortedBy(slices.Clone(policies), func(p elbv2.SSLPolicy) string { return p.Name })
	policies, next, err := cut("DescribeSSLPolicies", in.Marker, in.PageSize, policies, func(p elbv2.SSLPolicy) string { return p.Name })
	out := &DescribeSSLPoliciesOutput{NextMarker: next, SslPolicies: []SslPolicy{}}
	for _, p := range policies {
		out.SslPolicies = append(out.SslPolicies, SslPolicy{
			Name: &p.Name, SslProtocols: p.Protocols, Ciphers: []Cipher{},
			SupportedLoadBalancerTypes: []string{elbv2.Application, elbv2.Network},
		})
	}
	return out, err
}

package elbv2api_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func TestLoadBalancerLife(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	b := w.balancer("web")
	if b.State.Code != types.LoadBalancerStateEnumProvisioning || *b.VpcId != w.vpc || len(b.AvailabilityZones) != 2 ||
		!slices.Equal(b.SecurityGroups, []string{w.group}) || b.Scheme != types.LoadBalancerSchemeEnumInternetFacing {
		t.Errorf("created %+v", b)
	}
	if again := w.balancer("web"); *again.LoadBalancerArn != *b.LoadBalancerArn {
		t.Error("the same request made another one")
	}
	w.balancer("other")
	page := must[*sdk.DescribeLoadBalancersOutput](t)(w.DescribeLoadBalancers(ctx, &sdk.DescribeLoadBalancersInput{PageSize: aws.Int32(1)}))
	rest := must[*sdk.DescribeLoadBalancersOutput](t)(w.DescribeLoadBalancers(ctx, &sdk.DescribeLoadBalancersInput{Marker: page.NextMarker}))
	if len(page.LoadBalancers) != 1 || len(rest.LoadBalancers) != 1 {
		t.Errorf("pages %d and %d", len(page.LoadBalancers), len(rest.LoadBalancers))
	}
	named := must[*sdk.DescribeLoadBalancersOutput](t)(w.DescribeLoadBalancers(ctx, &sdk.DescribeLoadBalancersInput{Names: []string{"web"}}))
	if *named.LoadBalancers[0].DNSName != *b.DNSName {
		t.Errorf("by name: %+v", named.LoadBalancers)
	}
	set := must[*sdk.SetSubnetsOutput](t)(w.SetSubnets(ctx, &sdk.SetSubnetsInput{LoadBalancerArn: b.LoadBalancerArn, Subnets: w.subnets}))
	if len(set.AvailabilityZones) != 3 || *set.AvailabilityZones[0].ZoneName != "eu-west-1a" {
		t.Errorf("zones %+v", set.AvailabilityZones)
	}
	must[*sdk.SetSecurityGroupsOutput](t)(w.SetSecurityGroups(ctx, &sdk.SetSecurityGroupsInput{LoadBalancerArn: b.LoadBalancerArn, SecurityGroups: []string{w.group}}))
	must[*sdk.SetIpAddressTypeOutput](t)(w.SetIpAddressType(ctx, &sdk.SetIpAddressTypeInput{LoadBalancerArn: b.LoadBalancerArn, IpAddressType: types.IpAddressTypeIpv4}))
	must[*sdk.DescribeCapacityReservationOutput](t)(w.DescribeCapacityReservation(ctx, &sdk.DescribeCapacityReservationInput{LoadBalancerArn: b.LoadBalancerArn}))
	for range 2 {
		must[*sdk.DeleteLoadBalancerOutput](t)(w.DeleteLoadBalancer(ctx, &sdk.DeleteLoadBalancerInput{LoadBalancerArn: b.LoadBalancerArn}))
	}
	_, err := w.DescribeLoadBalancers(ctx, &sdk.DescribeLoadBalancersInput{LoadBalancerArns: []string{*b.LoadBalancerArn}})
	refused(t, "LoadBalancerNotFound", err)
}

func TestLoadBalancerRefusals(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.balancer("taken")
	in := func(change func(*sdk.CreateLoadBalancerInput)) *sdk.CreateLoadBalancerInput {
		out := &sdk.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: w.subnets[:2]}
		change(out)
		return out
	}
	for name, tc := range map[string]struct {
		in   *sdk.CreateLoadBalancerInput
		code string
	}{
		"one subnet":     {in(func(i *sdk.CreateLoadBalancerInput) { i.Subnets = w.subnets[:1] }), "ValidationError"},
		"a zone twice":   {in(func(i *sdk.CreateLoadBalancerInput) { i.Subnets = []string{w.subnets[0], w.subnets[0]} }), "InvalidConfigurationRequest"},
		"no such subnet": {in(func(i *sdk.CreateLoadBalancerInput) { i.Subnets = []string{"subnet-0", "subnet-1"} }), "SubnetNotFound"},
		"no such group":  {in(func(i *sdk.CreateLoadBalancerInput) { i.SecurityGroups = []string{"sg-0"} }), "InvalidSecurityGroup"},
		"a bad name":     {in(func(i *sdk.CreateLoadBalancerInput) { i.Name = aws.String("we_b") }), "ValidationError"},
		"a long name":    {in(func(i *sdk.CreateLoadBalancerInput) { i.Name = aws.String("a23456789012345678901234567890123") }), "ValidationError"},
		"internal- name": {in(func(i *sdk.CreateLoadBalancerInput) { i.Name = aws.String("internal-web") }), "ValidationError"},
		"a hyphen":       {in(func(i *sdk.CreateLoadBalancerInput) { i.Name = aws.String("web-") }), "ValidationError"},
		"taken":          {in(func(i *sdk.CreateLoadBalancerInput) { i.Name, i.Scheme = aws.String("taken"), "internal" }), "DuplicateLoadBalancerName"},
		"a gateway":      {in(func(i *sdk.CreateLoadBalancerInput) { i.Type = "gateway" }), "InvalidConfigurationRequest"},
		"dualstack":      {in(func(i *sdk.CreateLoadBalancerInput) { i.IpAddressType = "dualstack" }), "InvalidConfigurationRequest"},
		"a tag twice": {in(func(i *sdk.CreateLoadBalancerInput) {
			i.Tags = []types.Tag{{Key: aws.String("a")}, {Key: aws.String("a")}}
		}), "DuplicateTagKeys"},
		"both ways": {in(func(i *sdk.CreateLoadBalancerInput) {
			i.SubnetMappings = []types.SubnetMapping{{SubnetId: &w.subnets[0]}}
		}), "ValidationError"},
		"an Elastic IP": {in(func(i *sdk.CreateLoadBalancerInput) {
			i.Subnets, i.SubnetMappings = nil, []types.SubnetMapping{{SubnetId: &w.subnets[0], AllocationId: aws.String("eipalloc-1")}}
		}), "InvalidConfigurationRequest"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateLoadBalancer(ctx, tc.in)
			refused(t, tc.code, err)
		})
	}
}

// A network load balancer that was made without security groups stays without.
func TestNetworkLoadBalancerWithoutGroups(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	in := &sdk.CreateLoadBalancerInput{Name: aws.String("db"), Type: "network", Subnets: w.subnets[:1]}
	b := must[*sdk.CreateLoadBalancerOutput](t)(w.CreateLoadBalancer(ctx, in)).LoadBalancers[0]
	if len(b.SecurityGroups) != 0 {
		t.Errorf("security groups %v", b.SecurityGroups)
	}
	if again := must[*sdk.CreateLoadBalancerOutput](t)(w.CreateLoadBalancer(ctx, in)).LoadBalancers[0]; *again.LoadBalancerArn != *b.LoadBalancerArn {
		t.Error("the same request made another one")
	}
	_, err := w.SetSecurityGroups(ctx, &sdk.SetSecurityGroupsInput{LoadBalancerArn: b.LoadBalancerArn, SecurityGroups: []string{w.group}})
	refused(t, "InvalidConfigurationRequest", err)
}

func TestAttributes(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	b := w.balancer("web")
	modify := func(key, value string) error {
		_, err := w.ModifyLoadBalancerAttributes(ctx, &sdk.ModifyLoadBalancerAttributesInput{
			LoadBalancerArn: b.LoadBalancerArn, Attributes: []types.LoadBalancerAttribute{{Key: &key, Value: &value}},
		})
		return err
	}
	for _, good := range [][2]string{{"idle_timeout.timeout_seconds", "4000"}, {"deletion_protection.enabled", "true"}, {"waf.fail_open.enabled", "false"}} {
		if err := modify(good[0], good[1]); err != nil {
			t.Errorf("%v: %v", good, err)
		}
	}
	for _, bad := range [][3]string{
		{"idle_timeout.timeout_seconds", "4001", "InvalidConfigurationRequest"}, {"idle_timeout.timeout_seconds", "x", "InvalidConfigurationRequest"},
		{"waf.fail_open.enabled", "true", "InvalidConfigurationRequest"}, {"nonsense", "1", "ValidationError"},
		{"access_logs.s3.enabled", "true", "InvalidConfigurationRequest"}, {"access_logs.s3.prefix", "../../etc", "InvalidConfigurationRequest"},
	} {
		refused(t, bad[2], modify(bad[0], bad[1]))
	}
	_, err := w.DeleteLoadBalancer(ctx, &sdk.DeleteLoadBalancerInput{LoadBalancerArn: b.LoadBalancerArn})
	refused(t, "OperationNotPermitted", err)
	out := must[*sdk.DescribeLoadBalancerAttributesOutput](t)(w.DescribeLoadBalancerAttributes(ctx, &sdk.DescribeLoadBalancerAttributesInput{LoadBalancerArn: b.LoadBalancerArn}))
	got := map[string]string{}
	for _, a := range out.Attributes {
		got[*a.Key] = *a.Value
	}
	if got["idle_timeout.timeout_seconds"] != "4000" || got["routing.http2.enabled"] != "true" {
		t.Errorf("attributes %v", got)
	}
}

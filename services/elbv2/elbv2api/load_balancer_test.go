package elbv2api_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
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
			i.Subnets, i.SubnetMappings = nil, []types.SubnetMapping{{SubnetId: &w.subnets[0], AllocationId: aws.String("eipalloc-1")}, {SubnetId: &w.subnets[1]}}
		}), "InvalidConfigurationRequest"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateLoadBalancer(ctx, tc.in)
			refused(t, tc.code, err)
		})
	}
}

// Elastic IP addresses of a network load balancer are shown with their IDs.
func TestElasticAddresses(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	pool, id := netip.MustParsePrefix("100.64.0.0/24"), ec2.NewAllocationID()
	var address *ec2.Address
	w.update(func(tx *store.Txn) (err error) {
		address, err = ec2.AllocateAddress(tx, scope, id, pool, netip.Addr{}, 0)
		return err
	})
	in := func(name string, m types.SubnetMapping) *sdk.CreateLoadBalancerInput {
		m.SubnetId = &w.subnets[0]
		return &sdk.CreateLoadBalancerInput{Name: &name, Type: "network", SubnetMappings: []types.SubnetMapping{m}}
	}
	elastic := types.SubnetMapping{AllocationId: &id}
	b := must[*sdk.CreateLoadBalancerOutput](t)(w.CreateLoadBalancer(ctx, in("db", elastic))).LoadBalancers[0]
	must[*sdk.CreateLoadBalancerOutput](t)(w.CreateLoadBalancer(ctx, in("db", elastic)))
	_, err := w.CreateLoadBalancer(ctx, in("db", types.SubnetMapping{}))
	refused(t, "DuplicateLoadBalancerName", err)
	_, err = w.CreateLoadBalancer(ctx, in("other", elastic))
	refused(t, "ResourceInUse", err)
	_, err = w.CreateLoadBalancer(ctx, in("other", types.SubnetMapping{AllocationId: aws.String("eipalloc-0")}))
	refused(t, "AllocationIdNotFound", err)
	_, err = w.CreateLoadBalancer(ctx, in("other", types.SubnetMapping{AllocationId: &id, PrivateIPv4Address: aws.String("172.31.0.9")}))
	refused(t, "InvalidConfigurationRequest", err)
	_, err = w.CreateLoadBalancer(ctx, in("other", types.SubnetMapping{PrivateIPv4Address: aws.String("nowhere")}))
	refused(t, "ValidationError", err)
	w.update(func(tx *store.Txn) error {
		elbv2.LoadBalancerStatuses.Put(tx, elbv2.LoadBalancerStatus{
			LoadBalancer: *b.LoadBalancerArn, State: elbv2.Active, Nodes: []elbv2.Node{{Subnet: w.subnets[0], Public: address.Public}},
		})
		return nil
	})
	out := must[*sdk.DescribeLoadBalancersOutput](t)(w.DescribeLoadBalancers(ctx, &sdk.DescribeLoadBalancersInput{Names: []string{"db"}}))
	shown := out.LoadBalancers[0].AvailabilityZones[0].LoadBalancerAddresses
	if len(shown) != 1 || *shown[0].AllocationId != id || *shown[0].IpAddress != address.Public.String() {
		t.Errorf("addresses %+v", shown)
	}
	set := &sdk.SetSubnetsInput{LoadBalancerArn: b.LoadBalancerArn, Subnets: w.subnets[:2]}
	if zones := must[*sdk.SetSubnetsOutput](t)(w.SetSubnets(ctx, set)).AvailabilityZones; len(zones) != 2 {
		t.Errorf("zones %+v", zones)
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

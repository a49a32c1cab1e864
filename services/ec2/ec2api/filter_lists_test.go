package ec2api

import "testing"

// lists are operations with the filters of the EC2 API Reference, tag:<key> apart.
var lists = map[string]struct {
	filters []string
	count   func(w *world, dry *bool, f []Filter) (int, error)
}{
	"DescribeNetworkAcls": {[]string{
		"association.association-id", "association.network-acl-id", "association.subnet-id", "default", "entry.cidr",
		"entry.icmp.code", "entry.icmp.type", "entry.ipv6-cidr", "entry.port-range.from", "entry.port-range.to",
		"entry.protocol", "entry.rule-action", "entry.egress", "entry.rule-number", "network-acl-id", "owner-id", "tag-key", "vpc-id",
	}, func(w *world, dry *bool, f []Filter) (int, error) {
		return count(w.DescribeNetworkAcls(w.ctx, &DescribeNetworkAclsInput{Filters: f, DryRun: dry}))(func(o *DescribeNetworkAclsOutput) int { return len(o.NetworkAcls) })
	}},
	"DescribeFlowLogs": {[]string{
		"deliver-log-status", "log-destination-type", "flow-log-id", "log-group-name", "resource-id", "traffic-type", "tag-key",
	}, func(w *world, dry *bool, f []Filter) (int, error) {
		return count(w.DescribeFlowLogs(w.ctx, &DescribeFlowLogsInput{Filter: f, DryRun: dry}))(func(o *DescribeFlowLogsOutput) int { return len(o.FlowLogs) })
	}},
	"DescribeManagedPrefixLists": {[]string{"owner-id", "prefix-list-id", "prefix-list-name"}, func(w *world, dry *bool, f []Filter) (int, error) {
		return count(w.DescribeManagedPrefixLists(w.ctx, &DescribeManagedPrefixListsInput{Filters: f, DryRun: dry}))(func(o *DescribeManagedPrefixListsOutput) int { return len(o.PrefixLists) })
	}},
	"DescribePrefixLists": {[]string{"prefix-list-id", "prefix-list-name"}, func(w *world, dry *bool, f []Filter) (int, error) {
		return count(w.DescribePrefixLists(w.ctx, &DescribePrefixListsInput{Filters: f, DryRun: dry}))(func(o *DescribePrefixListsOutput) int { return len(o.PrefixLists) })
	}},
	"DescribeVpcEndpoints": {[]string{
		"ip-address-type", "service-name", "service-region", "tag-key", "vpc-id", "vpc-endpoint-id", "vpc-endpoint-state", "vpc-endpoint-type",
	}, func(w *world, dry *bool, f []Filter) (int, error) {
		return count(w.DescribeVpcEndpoints(w.ctx, &DescribeVpcEndpointsInput{Filters: f, DryRun: dry}))(func(o *DescribeVpcEndpointsOutput) int { return len(o.VpcEndpoints) })
	}},
	"DescribeVpcEndpointServices": {[]string{
		"owner", "service-name", "service-region", "service-type", "supported-ip-address-types", "tag-key",
	}, func(w *world, dry *bool, f []Filter) (int, error) {
		return count(w.DescribeVpcEndpointServices(w.ctx, &DescribeVpcEndpointServicesInput{Filters: f, DryRun: dry}))(func(o *DescribeVpcEndpointServicesOutput) int { return len(o.ServiceNames) })
	}},
	"DescribeVpcEndpointServiceConfigurations": {[]string{
		"service-name", "service-id", "service-state", "supported-ip-address-types", "tag-key",
	}, func(w *world, dry *bool, f []Filter) (int, error) {
		return count(w.DescribeVpcEndpointServiceConfigurations(w.ctx, &DescribeVpcEndpointServiceConfigurationsInput{Filters: f, DryRun: dry}))(func(o *DescribeVpcEndpointServiceConfigurationsOutput) int { return len(o.ServiceConfigurations) })
	}},
	"DescribeDhcpOptions": {[]string{"dhcp-options-id", "key", "value", "owner-id", "tag-key"}, func(w *world, dry *bool, f []Filter) (int, error) {
		return count(w.DescribeDhcpOptions(w.ctx, &DescribeDhcpOptionsInput{Filters: f, DryRun: dry}))(func(o *DescribeDhcpOptionsOutput) int { return len(o.DhcpOptions) })
	}},
	"GetSecurityGroupsForVpc": {[]string{"group-id", "description", "group-name", "owner-id", "primary-vpc-id", "tag-key"}, func(w *world, dry *bool, f []Filter) (int, error) {
		return count(w.GetSecurityGroupsForVpc(w.ctx, &GetSecurityGroupsForVpcInput{VpcId: &w.vpc, Filters: f, DryRun: dry}))(func(o *GetSecurityGroupsForVpcOutput) int { return len(o.SecurityGroupForVpcs) })
	}},
}

// TestListsTakeTheirFilters holds that no filter that AWS takes is refused, that
// none lets a row through that hasn't the value, and that unknown ones and dry
// runs are answered as elsewhere.
func TestListsTakeTheirFilters(t *testing.T) {
	w := newWorld(t)
	must(w.CreateFlowLogs(w.ctx, w.flowLogs(func(*CreateFlowLogsInput) {})))(t)
	must(w.CreateVpcEndpoint(w.ctx, &CreateVpcEndpointInput{VpcId: &w.vpc, ServiceName: p(s3Service)}))(t)
	for name, l := range lists {
		if n, err := l.count(w, nil, nil); (n == 0) != (name == "DescribeVpcEndpointServiceConfigurations") || err != nil {
			t.Errorf("%s: %d rows, %v", name, n, err)
		}
		for _, f := range l.filters {
			if n, err := l.count(w, nil, []Filter{filter(f, "no such value")}); err != nil || n != 0 {
				t.Errorf("%s with %s: %d rows, %v", name, f, n, err)
			}
		}
		_, err := l.count(w, nil, []Filter{filter("colour", "red")})
		refused(t, err, "InvalidParameterValue", "The filter 'colour' is invalid")
		_, err = l.count(w, p(true), nil)
		refused(t, err, "DryRunOperation", "Request would have succeeded")
	}
}

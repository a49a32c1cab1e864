package ec2api

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws/wire"
)

// expression is the regular expression of a pattern: the reference for matches.
func expression(pattern string) *regexp.Regexp {
	var b strings.Builder
	runes := []rune(pattern)
	for i := 0; i < len(runes); i++ {
		switch r := runes[i]; {
		case r == '*':
			b.WriteString(".*")
		case r == '?':
			b.WriteString(".")
		case r == '\\' && i+1 < len(runes):
			i++
			b.WriteString(regexp.QuoteMeta(string(runes[i])))
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return regexp.MustCompile(`(?s)\A` + b.String() + `\z`)
}

func TestMatchesAsTheReference(t *testing.T) {
	letters := []rune{'a', 'b', 'é', '*', '?', '\\'}
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom(letters), 0, 8, -1).Draw(t, "pattern")
		value := rapid.StringOfN(rapid.SampledFrom(letters), 0, 10, -1).Draw(t, "value")
		if got, want := matches(pattern, value), expression(pattern).MatchString(value); got != want {
			t.Fatalf("matches(%q, %q) = %v", pattern, value, got)
		}
	})
}

func FuzzMatches(f *testing.F) {
	f.Add("web-*", "web-1")
	f.Add(`\*?`, "*é")
	f.Add(strings.Repeat("*a", 20), strings.Repeat("a", 40))
	f.Fuzz(func(t *testing.T, pattern, value string) {
		if !matches("*", value) {
			t.Errorf("* doesn't match %q", value)
		}
		if plain := !strings.ContainsAny(pattern, `*?\`); plain && matches(pattern, value) != (string([]rune(pattern)) == string([]rune(value))) {
			t.Errorf("matches(%q, %q) = %v", pattern, value, pattern != value)
		}
	})
}

// documented are the filters of the EC2 API Reference, tag:<key> apart.
var documented = map[string][]string{
	"DescribeVpcs": {
		"cidr", "cidr-block-association.cidr-block", "cidr-block-association.association-id", "cidr-block-association.state",
		"dhcp-options-id", "ipv6-cidr-block-association.ipv6-cidr-block", "ipv6-cidr-block-association.ipv6-pool",
		"ipv6-cidr-block-association.association-id", "ipv6-cidr-block-association.state", "is-default", "owner-id",
		"state", "tag-key", "vpc-id",
	},
	"DescribeSubnets": {
		"availability-zone", "availability-zone-id", "available-ip-address-count", "cidr-block", "customer-owned-ipv4-pool",
		"default-for-az", "enable-dns64", "enable-lni-at-device-index", "ipv6-cidr-block-association.ipv6-cidr-block",
		"ipv6-cidr-block-association.association-id", "ipv6-cidr-block-association.state", "ipv6-native",
		"map-customer-owned-ip-on-launch", "map-public-ip-on-launch", "outpost-arn", "owner-id",
		"private-dns-name-options-on-launch.hostname-type",
		"private-dns-name-options-on-launch.enable-resource-name-dns-a-record",
		"private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record",
		"state", "subnet-arn", "subnet-id", "tag-key", "vpc-id",
	},
	"DescribeSecurityGroups": {
		"description", "egress.ip-permission.cidr", "egress.ip-permission.from-port", "egress.ip-permission.group-id",
		"egress.ip-permission.group-name", "egress.ip-permission.ipv6-cidr", "egress.ip-permission.prefix-list-id",
		"egress.ip-permission.protocol", "egress.ip-permission.to-port", "egress.ip-permission.user-id", "group-id",
		"group-name", "ip-permission.cidr", "ip-permission.from-port", "ip-permission.group-id", "ip-permission.group-name",
		"ip-permission.ipv6-cidr", "ip-permission.prefix-list-id", "ip-permission.protocol", "ip-permission.to-port",
		"ip-permission.user-id", "owner-id", "tag-key", "vpc-id",
	},
	"DescribeSecurityGroupRules": {"group-id", "security-group-rule-id"},
	"DescribeNetworkInterfaces": {
		"association.allocation-id", "association.association-id", "addresses.association.owner-id",
		"addresses.association.public-ip", "addresses.primary", "addresses.private-ip-address", "association.ip-owner-id",
		"association.public-ip", "association.public-dns-name", "attachment.attach-time", "attachment.attachment-id",
		"attachment.delete-on-termination", "attachment.device-index", "attachment.instance-id",
		"attachment.instance-owner-id", "attachment.status", "availability-zone", "availability-zone-id", "description",
		"group-id", "ipv6-addresses.ipv6-address", "interface-type", "mac-address", "network-interface-id",
		"operator.managed", "operator.principal", "owner-id", "private-dns-name", "private-ip-address", "requester-id",
		"requester-managed", "source-dest-check", "status", "subnet-id", "tag-key", "vpc-id",
	},
	"DescribeAvailabilityZones": {
		"group-long-name", "group-name", "message", "opt-in-status", "parent-zone-id", "parent-zone-name", "region-name",
		"state", "zone-id", "zone-name", "zone-type",
	},
	"DescribeRegions":          {"endpoint", "opt-in-status", "region-name"},
	"DescribeInternetGateways": {"attachment.state", "attachment.vpc-id", "internet-gateway-id", "owner-id", "tag-key"},
	"DescribeRouteTables": {
		"association.gateway-id", "association.route-table-association-id", "association.route-table-id",
		"association.subnet-id", "association.main", "owner-id", "route-table-id", "route.destination-cidr-block",
		"route.destination-ipv6-cidr-block", "route.destination-prefix-list-id", "route.egress-only-internet-gateway-id",
		"route.gateway-id", "route.instance-id", "route.nat-gateway-id", "route.transit-gateway-id", "route.origin",
		"route.state", "route.vpc-peering-connection-id", "tag-key", "vpc-id",
	},
	"DescribeTags": {"key", "resource-id", "resource-type", "value"},
}

// describe calls a Describe operation with filters and counts the rows.
func (w *world) describe(operation string, dryRun bool, filters ...Filter) (int, error) {
	w.t.Helper()
	dry := wire.Optional(dryRun)
	switch operation {
	case "DescribeVpcs":
		return count(w.DescribeVpcs(w.ctx, &DescribeVpcsInput{Filters: filters, DryRun: dry}))(func(o *DescribeVpcsOutput) int { return len(o.Vpcs) })
	case "DescribeSubnets":
		return count(w.DescribeSubnets(w.ctx, &DescribeSubnetsInput{Filters: filters, DryRun: dry}))(func(o *DescribeSubnetsOutput) int { return len(o.Subnets) })
	case "DescribeSecurityGroups":
		return count(w.DescribeSecurityGroups(w.ctx, &DescribeSecurityGroupsInput{Filters: filters, DryRun: dry}))(func(o *DescribeSecurityGroupsOutput) int { return len(o.SecurityGroups) })
	case "DescribeSecurityGroupRules":
		return count(w.DescribeSecurityGroupRules(w.ctx, &DescribeSecurityGroupRulesInput{Filters: filters, DryRun: dry}))(func(o *DescribeSecurityGroupRulesOutput) int { return len(o.SecurityGroupRules) })
	case "DescribeNetworkInterfaces":
		return count(w.DescribeNetworkInterfaces(w.ctx, &DescribeNetworkInterfacesInput{Filters: filters, DryRun: dry}))(func(o *DescribeNetworkInterfacesOutput) int { return len(o.NetworkInterfaces) })
	case "DescribeAvailabilityZones":
		return count(w.DescribeAvailabilityZones(w.ctx, &DescribeAvailabilityZonesInput{Filters: filters, DryRun: dry}))(func(o *DescribeAvailabilityZonesOutput) int { return len(o.AvailabilityZones) })
	case "DescribeRegions":
		return count(w.DescribeRegions(w.ctx, &DescribeRegionsInput{Filters: filters, DryRun: dry}))(func(o *DescribeRegionsOutput) int { return len(o.Regions) })
	case "DescribeInternetGateways":
		return count(w.DescribeInternetGateways(w.ctx, &DescribeInternetGatewaysInput{Filters: filters, DryRun: dry}))(func(o *DescribeInternetGatewaysOutput) int { return len(o.InternetGateways) })
	case "DescribeRouteTables":
		return count(w.DescribeRouteTables(w.ctx, &DescribeRouteTablesInput{Filters: filters, DryRun: dry}))(func(o *DescribeRouteTablesOutput) int { return len(o.RouteTables) })
	case "DescribeTags":
		return count(w.DescribeTags(w.ctx, &DescribeTagsInput{Filters: filters, DryRun: dry}))(func(o *DescribeTagsOutput) int { return len(o.Tags) })
	}
	w.t.Fatalf("no operation %s", operation)
	return 0, nil
}

func count[T any](out T, err error) func(func(T) int) (int, error) {
	return func(n func(T) int) (int, error) {
		if err != nil {
			return 0, err
		}
		return n(out), nil
	}
}

// TestDocumentedFiltersAreKnown holds that no filter that AWS takes is refused,
// and that none lets a row through that hasn't the value.
func TestDocumentedFiltersAreKnown(t *testing.T) {
	w := newWorld(t)
	w.newInterface(*w.subnet("eu-west-1a").SubnetId, true, w.group)
	must(w.CreateTags(w.ctx, &CreateTagsInput{Resources: []string{w.vpc}, Tags: []Tag{{Key: p("Name"), Value: p("home")}}}))(t)
	for operation, filters := range documented {
		for _, name := range filters {
			n, err := w.describe(operation, false, filter(name, "no such value"))
			if err != nil || n != 0 {
				t.Errorf("%s with %s: %d rows, %v", operation, name, n, err)
			}
		}
	}
}

// TestFiltersByWhatRowsShow gives filters the values that the rows have.
func TestFiltersByWhatRowsShow(t *testing.T) {
	w := newWorld(t)
	eni := w.newInterface(*w.subnet("eu-west-1a").SubnetId, true, w.group)
	for _, c := range []struct {
		operation string
		want      int
		filters   []Filter
	}{
		{"DescribeVpcs", 1, []Filter{filter("is-default", "true"), filter("cidr", "172.31.*")}},
		{"DescribeVpcs", 1, []Filter{filter("cidr-block-association.cidr-block", "172.31.0.0/16"), filter("cidr-block-association.state", "associated"), filter("cidr-block-association.association-id", "vpc-cidr-assoc-*")}},
		{"DescribeVpcs", 0, []Filter{filter("is-default", "true"), filter("owner-id", "111111111111")}},
		{"DescribeSubnets", 2, []Filter{filter("availability-zone", "eu-west-1a", "eu-west-1c")}},
		{"DescribeSubnets", 3, []Filter{filter("vpc-id", w.vpc), filter("default-for-az", "true"), filter("map-public-ip-on-launch", "true"), filter("ipv6-native", "false")}},
		{"DescribeSubnets", 1, []Filter{filter("availability-zone-id", "euw1-az2"), filter("subnet-arn", "arn:aws:ec2:eu-west-1:000000000000:subnet/*")}},
		{"DescribeSubnets", 1, []Filter{filter("available-ip-address-count", "4090")}},
		{"DescribeSubnets", 1, []Filter{filter("cidr-block", "172.31.16.0/20")}},
		{"DescribeSecurityGroups", 1, []Filter{filter("group-name", "defaul?"), filter("description", "default VPC security group")}},
		{"DescribeSecurityGroups", 1, []Filter{filter("ip-permission.group-id", w.group), filter("ip-permission.user-id", account), filter("ip-permission.group-name", "default")}},
		{"DescribeSecurityGroups", 1, []Filter{filter("egress.ip-permission.cidr", "0.0.0.0/0"), filter("egress.ip-permission.protocol", "-1")}},
		{"DescribeSecurityGroups", 0, []Filter{filter("egress.ip-permission.from-port", "*")}},
		{"DescribeSecurityGroupRules", 2, []Filter{filter("group-id", w.group)}},
		{"DescribeNetworkInterfaces", 1, []Filter{filter("private-ip-address", eni.Address.String()), filter("association.public-ip", "100.64.0.*"), filter("group-name", "default")}},
		{"DescribeNetworkInterfaces", 1, []Filter{filter("attachment.attach-time", "2026-11-20T09:30:00.000Z"), filter("availability-zone-id", "euw1-az1"), filter("group-id", w.group)}},
		{"DescribeNetworkInterfaces", 1, []Filter{filter("status", "in-use"), filter("subnet-id", eni.Subnet), filter("mac-address", eni.MAC)}},
		{"DescribeAvailabilityZones", 3, []Filter{filter("state", "available"), filter("group-name", "eu-west-1-zg-1"), filter("zone-type", "availability-zone")}},
		{"DescribeAvailabilityZones", 1, []Filter{filter("zone-id", "euw1-az3")}},
		{"DescribeRegions", 1, []Filter{filter("endpoint", "ec2.eu-west-1.*")}},
		{"DescribeInternetGateways", 1, []Filter{filter("attachment.vpc-id", w.vpc), filter("attachment.state", "available")}},
		{"DescribeRouteTables", 1, []Filter{filter("association.main", "true"), filter("route.gateway-id", "local"), filter("route.destination-cidr-block", "0.0.0.0/0")}},
		{"DescribeRouteTables", 1, []Filter{filter("route.origin", "CreateRoute"), filter("route.state", "active"), filter("vpc-id", w.vpc)}},
		{"DescribeRouteTables", 0, []Filter{filter("association.subnet-id", "*")}},
	} {
		if n, err := w.describe(c.operation, false, c.filters...); err != nil || n != c.want {
			t.Errorf("%s with %s: %d rows, want %d; %v", c.operation, *c.filters[0].Name, n, c.want, err)
		}
	}
}

func TestFilterRefusals(t *testing.T) {
	w := newWorld(t)
	for operation := range documented {
		_, err := w.describe(operation, false, filter("colour", "red"))
		refused(t, err, "InvalidParameterValue", "The filter 'colour' is invalid")
	}
	for _, operation := range []string{"DescribeRegions", "DescribeAvailabilityZones"} {
		_, err := w.describe(operation, false, filter("tag:Name", "x"))
		refused(t, err, "InvalidParameterValue", "The filter 'tag:Name' is invalid")
	}
	_, err := w.describe("DescribeVpcs", false, filter("vpc-id", slices.Repeat([]string{"x"}, 201)...))
	refused(t, err, "FilterLimitExceeded", "200")
	_, err = w.describe("DescribeVpcs", false, Filter{Values: []string{"x"}})
	refused(t, err, "InvalidParameterValue", "The filter 'null' is invalid")
}

func TestDryRunOfDescribes(t *testing.T) {
	w := newWorld(t)
	for operation := range documented {
		_, err := w.describe(operation, true)
		refused(t, err, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
		_, err = w.describe(operation, true, filter("colour", "red"))
		refused(t, err, "InvalidParameterValue", "colour")
	}
	_, err := w.DescribeVpcAttribute(w.ctx, &DescribeVpcAttributeInput{VpcId: &w.vpc, Attribute: p("enableDnsSupport"), DryRun: p(true)})
	refused(t, err, "DryRunOperation", "")
	_, err = w.DescribeAccountAttributes(w.ctx, &DescribeAccountAttributesInput{DryRun: p(true)})
	refused(t, err, "DryRunOperation", "")
}

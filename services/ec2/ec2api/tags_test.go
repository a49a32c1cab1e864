package ec2api

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
)

func tags(pairs ...string) (out []Tag) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, Tag{Key: &pairs[i], Value: &pairs[i+1]})
	}
	return out
}

func (w *world) tag(id string, pairs ...string) {
	w.t.Helper()
	must(w.CreateTags(w.ctx, &CreateTagsInput{Resources: []string{id}, Tags: tags(pairs...)}))(w.t)
}

// tagged are a resource's tags, as DescribeTags shows them.
func (w *world) tagged(id string) map[string]string {
	w.t.Helper()
	out := map[string]string{}
	for _, d := range must(w.DescribeTags(w.ctx, &DescribeTagsInput{Filters: []Filter{filter("resource-id", id)}}))(w.t).Tags {
		out[*d.Key] = *d.Value
	}
	return out
}

// TestEveryKindIsTaggable tags one of each, and finds it by its tag.
func TestEveryKindIsTaggable(t *testing.T) {
	w := newWorld(t)
	subnet := *w.subnet("eu-west-1a").SubnetId
	rule := *w.allow(w.group, 80).SecurityGroupRuleId
	kinds := map[string]struct{ id, describe string }{
		"vpc":                 {w.vpc, "DescribeVpcs"},
		"subnet":              {subnet, "DescribeSubnets"},
		"security-group":      {w.group, "DescribeSecurityGroups"},
		"security-group-rule": {rule, "DescribeSecurityGroupRules"},
		"network-interface":   {w.newInterface(subnet, false, w.group).ID, "DescribeNetworkInterfaces"},
		"route-table":         {*first(t, must(w.DescribeRouteTables(w.ctx, &DescribeRouteTablesInput{}))(t).RouteTables).RouteTableId, "DescribeRouteTables"},
		"internet-gateway":    {*first(t, must(w.DescribeInternetGateways(w.ctx, &DescribeInternetGatewaysInput{}))(t).InternetGateways).InternetGatewayId, "DescribeInternetGateways"},
	}
	var all []string
	for _, k := range kinds {
		all = append(all, k.id)
	}
	must(w.CreateTags(w.ctx, &CreateTagsInput{Resources: all, Tags: tags("Team", "blue", "Empty", "")}))(t)
	for kind, k := range kinds {
		for _, f := range []Filter{filter("tag:Team", "b*"), filter("tag-key", "Team"), filter("tag:Empty", "")} {
			if n, err := w.describe(k.describe, false, f); err != nil || n != 1 {
				t.Errorf("%s by %s: %d, %v", kind, *f.Name, n, err)
			}
		}
		if n, err := w.describe(k.describe, false, filter("tag:team", "blue")); err != nil || n != 0 {
			t.Errorf("%s by a key that differs in case: %d, %v", kind, n, err)
		}
		d := must(w.DescribeTags(w.ctx, &DescribeTagsInput{Filters: []Filter{filter("resource-type", kind), filter("key", "Team")}}))(t).Tags
		if len(d) != 1 || *d[0].ResourceId != k.id || *d[0].ResourceType != kind || *d[0].Value != "blue" {
			t.Errorf("DescribeTags of %s: %+v", kind, d)
		}
	}
	vpc := first(t, must(w.DescribeVpcs(w.ctx, &DescribeVpcsInput{}))(t).Vpcs)
	if got := ids(vpc.Tags, func(t Tag) *string { return t.Key }); !slices.Equal(got, []string{"Empty", "Team"}) {
		t.Errorf("VPC's tags %v", got)
	}
}

func TestDescribeTags(t *testing.T) {
	w := newWorld(t)
	g := w.newGroup("", "web")
	w.tag(w.vpc, "Name", "home", "Team", "blue")
	w.tag(g, "Name", "web")
	for _, c := range []struct {
		filters []Filter
		want    int
	}{
		{nil, 3},
		{[]Filter{filter("key", "Name")}, 2},
		{[]Filter{filter("key", "Na*"), filter("value", "home")}, 1},
		{[]Filter{filter("tag:Name", "web", "home")}, 2},
		{[]Filter{filter("resource-id", w.vpc)}, 2},
		{[]Filter{filter("resource-type", "security-group")}, 1},
		{[]Filter{filter("resource-type", "instance")}, 0},
	} {
		if n, err := w.describe("DescribeTags", false, c.filters...); err != nil || n != c.want {
			t.Errorf("%+v: %d tags, want %d; %v", c.filters, n, c.want, err)
		}
	}
	for n := range 9 {
		w.tag(g, fmt.Sprintf("k%d", n), "v")
	}
	var got int
	for token := (*string)(nil); ; {
		out := must(w.DescribeTags(w.ctx, &DescribeTagsInput{MaxResults: p[int32](5), NextToken: token}))(t)
		got += len(out.Tags)
		if token = out.NextToken; token == nil {
			break
		}
	}
	if got != 12 {
		t.Errorf("%d tags on all pages, want 12", got)
	}
}

func TestDeleteTags(t *testing.T) {
	w := newWorld(t)
	start := map[string]string{"a": "1", "b": "2", "empty": ""}
	for _, c := range []struct {
		name string
		tags []Tag
		left map[string]string
	}{
		{"a key", []Tag{{Key: p("a")}}, map[string]string{"b": "2", "empty": ""}},
		{"its value", tags("a", "1"), map[string]string{"b": "2", "empty": ""}},
		{"another value", tags("a", "2"), start},
		{"the empty value of one that has one", tags("a", ""), start},
		{"the empty value", tags("empty", ""), map[string]string{"a": "1", "b": "2"}},
		{"an unknown key", tags("z", "1"), start},
		{"all", nil, map[string]string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.tag(w.vpc, "a", "1", "b", "2", "empty", "")
			must(w.DeleteTags(w.ctx, &DeleteTagsInput{Resources: []string{w.vpc}, Tags: c.tags}))(t)
			if got := w.tagged(w.vpc); !maps.Equal(got, c.left) {
				t.Errorf("left %v, want %v", got, c.left)
			}
		})
	}
	must(w.DeleteTags(w.ctx, &DeleteTagsInput{Resources: []string{w.group}}))(t) // has none
	_, err := w.DeleteTags(w.ctx, &DeleteTagsInput{Resources: []string{"vpc-nope"}})
	refused(t, err, "InvalidVpcID.NotFound", "vpc-nope")
	w.tag(w.vpc, "a", "1")
	_, err = w.DeleteTags(w.ctx, &DeleteTagsInput{Resources: []string{w.vpc}, DryRun: p(true)})
	refused(t, err, "DryRunOperation", "")
	if got := w.tagged(w.vpc); got["a"] != "1" {
		t.Errorf("a dry run left %v", got)
	}
}

func TestTagRefusals(t *testing.T) {
	w := newWorld(t)
	w.tag(w.vpc, "old", "1")
	many := func(n int) (out []Tag) {
		for i := range n {
			out = append(out, Tag{Key: p(fmt.Sprint(i)), Value: p("v")})
		}
		return out
	}
	for _, c := range []struct {
		name       string
		in         CreateTagsInput
		code, text string
	}{
		{"unknown resource", CreateTagsInput{Resources: []string{w.vpc, "subnet-nope"}, Tags: tags("k", "v")}, "InvalidSubnetID.NotFound", "subnet-nope"},
		{"no such kind", CreateTagsInput{Resources: []string{"nope"}, Tags: tags("k", "v")}, "InvalidID", "The ID 'nope' is not valid"},
		{"too many", CreateTagsInput{Resources: []string{w.vpc}, Tags: many(51)}, "TagLimitExceeded", "The maximum number of Tags for a resource has been reached."},
		{"too many with those there", CreateTagsInput{Resources: []string{w.vpc}, Tags: many(50)}, "TagLimitExceeded", ""},
		{"reserved", CreateTagsInput{Resources: []string{w.vpc}, Tags: tags("AWS:k", "v")}, "InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use"},
		{"empty key", CreateTagsInput{Resources: []string{w.vpc}, Tags: tags("", "v")}, "InvalidParameterValue", "empty"},
		{"long key", CreateTagsInput{Resources: []string{w.vpc}, Tags: tags(strings.Repeat("é", 129), "v")}, "InvalidParameterValue", "128"},
		{"long value", CreateTagsInput{Resources: []string{w.vpc}, Tags: tags("k", strings.Repeat("é", 257))}, "InvalidParameterValue", "256"},
		{"a key twice", CreateTagsInput{Resources: []string{w.vpc}, Tags: tags("k", "v", "k", "w")}, "InvalidParameterValue", "Duplicate tag key 'k' specified."},
		{"dry run", CreateTagsInput{Resources: []string{w.vpc}, Tags: tags("k", "v"), DryRun: p(true)}, "DryRunOperation", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.CreateTags(w.ctx, &c.in)
			refused(t, err, c.code, c.text)
			if got := w.tagged(w.vpc); len(got) != 1 || got["old"] != "1" {
				t.Errorf("a refused request left %v", got)
			}
		})
	}
	w.tag(w.vpc, append([]string{"old", "2"}, strings.Split(strings.Repeat("é", 128)+" "+strings.Repeat("é", 256), " ")...)...)
	if got := w.tagged(w.vpc); len(got) != 2 || got["old"] != "2" {
		t.Errorf("tags %v", got)
	}
	_, err := w.CreateSecurityGroup(w.ctx, &CreateSecurityGroupInput{
		GroupName: p("a"), Description: p("b"), TagSpecifications: []TagSpecification{{ResourceType: p("security-group"), Tags: many(51)}},
	})
	refused(t, err, "TagLimitExceeded", "")
}

// TestBound holds that the handlers answer through the service as it is bound.
func TestBound(t *testing.T) {
	w := newWorld(t)
	var service *wire.Service = Bind(w.Handlers)
	for i := range service.Operations {
		op := &service.Operations[i]
		if op.Name != "DescribeVpcs" {
			continue
		}
		out := must(op.Call(w.ctx, op.NewInput()))(t).(*DescribeVpcsOutput)
		if len(out.Vpcs) != 1 || ec2.ResourceType(*out.Vpcs[0].VpcId) != "vpc" {
			t.Errorf("answer %+v", out)
		}
		return
	}
	t.Error("DescribeVpcs isn't bound")
}

package ec2api

import (
	"slices"
	"testing"

	"kaimon.dev/kaimon/services/ec2"
)

// TestTagsOfEveryKind holds that each kind of resource that can be made takes
// tags when it is made and later, shows them, and loses them with its end.
func TestTagsOfEveryKind(t *testing.T) {
	w := newWorld(t)
	spec := func(kind string) []TagSpecification {
		return []TagSpecification{{ResourceType: &kind, Tags: []Tag{{Key: p("made"), Value: p(kind)}}}}
	}
	acl := *must(w.CreateNetworkAcl(w.ctx, &CreateNetworkAclInput{VpcId: &w.vpc, TagSpecifications: spec("network-acl")}))(t).NetworkAcl.NetworkAclId
	list := *must(w.CreateManagedPrefixList(w.ctx, &CreateManagedPrefixListInput{
		PrefixListName: p("a"), MaxEntries: p[int32](1), AddressFamily: p("IPv4"), TagSpecifications: spec("prefix-list"),
	}))(t).PrefixList.PrefixListId
	eni := *must(w.CreateNetworkInterface(w.ctx, &CreateNetworkInterfaceInput{
		SubnetId: w.subnet("eu-west-1a").SubnetId, TagSpecifications: spec("network-interface"),
	}))(t).NetworkInterface.NetworkInterfaceId
	endpoint := *must(w.CreateVpcEndpoint(w.ctx, &CreateVpcEndpointInput{
		VpcId: &w.vpc, ServiceName: p(s3Service), TagSpecifications: spec("vpc-endpoint"),
	}))(t).VpcEndpoint.VpcEndpointId
	options := *must(w.CreateDhcpOptions(w.ctx, &CreateDhcpOptionsInput{
		DhcpConfigurations: []NewDhcpConfiguration{dhcp("domain-name", "a.example")}, TagSpecifications: spec("dhcp-options"),
	}))(t).DhcpOptions.DhcpOptionsId
	flow := must(w.CreateFlowLogs(w.ctx, w.flowLogs(func(in *CreateFlowLogsInput) { in.TagSpecifications = spec("vpc-flow-log") })))(t).FlowLogIds[0]
	ends := map[string]func() error{
		acl: func() error {
			_, err := w.DeleteNetworkAcl(w.ctx, &DeleteNetworkAclInput{NetworkAclId: &acl})
			return err
		},
		list: func() error {
			_, err := w.DeleteManagedPrefixList(w.ctx, &DeleteManagedPrefixListInput{PrefixListId: &list})
			return err
		},
		eni: func() error {
			_, err := w.DeleteNetworkInterface(w.ctx, &DeleteNetworkInterfaceInput{NetworkInterfaceId: &eni})
			return err
		},
		endpoint: func() error {
			_, err := w.DeleteVpcEndpoints(w.ctx, &DeleteVpcEndpointsInput{VpcEndpointIds: []string{endpoint}})
			return err
		},
		options: func() error {
			_, err := w.DeleteDhcpOptions(w.ctx, &DeleteDhcpOptionsInput{DhcpOptionsId: &options})
			return err
		},
		flow: func() error {
			_, err := w.DeleteFlowLogs(w.ctx, &DeleteFlowLogsInput{FlowLogIds: []string{flow}})
			return err
		},
	}
	for id, end := range ends {
		tagsOf := func() []TagDescription {
			return must(w.DescribeTags(w.ctx, &DescribeTagsInput{Filters: []Filter{filter("resource-id", id)}}))(t).Tags
		}
		must(w.CreateTags(w.ctx, &CreateTagsInput{Resources: []string{id}, Tags: []Tag{{Key: p("later"), Value: p("yes")}}}))(t)
		tags := tagsOf()
		kinds := ids(tags, func(d TagDescription) *string { return d.ResourceType })
		if len(tags) != 2 || kinds[0] != ec2.ResourceType(id) || *tags[1].Value != kinds[0] {
			t.Errorf("%s has %+v", id, tags)
		}
		if err := end(); err != nil {
			t.Error(err)
		}
		if left := tagsOf(); len(left) != 0 {
			t.Errorf("%s left %+v", id, left)
		}
	}
}

// TestPages holds that pages of a list are the list, in order and once.
func TestPages(t *testing.T) {
	w := newWorld(t)
	want := []string{}
	for range 7 {
		want = append(want, w.newList(1))
	}
	want = append(want, ec2.StorageListID("eu-west-1"))
	var got []string
	in := &DescribeManagedPrefixListsInput{MaxResults: p[int32](3)}
	for pages := 1; ; pages++ {
		out := must(w.DescribeManagedPrefixLists(w.ctx, in))(t)
		got = append(got, ids(out.PrefixLists, func(l ManagedPrefixList) *string { return l.PrefixListId })...)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
	}
	if !slices.Equal(got, sorted(want...)) {
		t.Errorf("got %v, want %v", got, want)
	}
	_, err := w.DescribeNetworkAcls(w.ctx, &DescribeNetworkAclsInput{NextToken: p("nonsense")})
	refused(t, err, "InvalidParameterValue", "nextToken")
	_, err = w.DescribeManagedPrefixLists(w.ctx, &DescribeManagedPrefixListsInput{MaxResults: p[int32](101)})
	refused(t, err, "InvalidParameterValue", "between 1 and 100")
	acl := w.newACL(w.vpc)
	_, err = w.DescribeNetworkAcls(w.ctx, &DescribeNetworkAclsInput{NetworkAclIds: []string{acl}, MaxResults: p[int32](5)})
	refused(t, err, "InvalidParameterCombination", "NetworkAclIds")
}

// TestInterfaceFilters gives filters the values of a user's and of a service's
// interface.
func TestInterfaceFilters(t *testing.T) {
	w := newWorld(t)
	task := w.newInterface(*w.subnet("eu-west-1a").SubnetId, true, w.group)
	mine := must(w.CreateNetworkInterface(w.ctx, &CreateNetworkInterfaceInput{SubnetId: w.subnet("eu-west-1b").SubnetId}))(t).NetworkInterface.NetworkInterfaceId
	both := sorted(task.ID, *mine)
	for _, c := range []struct {
		filters []Filter
		want    []string
	}{
		{[]Filter{filter("attachment.status", "attached")}, []string{task.ID}},
		{[]Filter{filter("attachment.attachment-id", "ela-attach-*")}, []string{task.ID}},
		{[]Filter{filter("attachment.attachment-id", task.AttachmentID), filter("attachment.device-index", "1")}, []string{task.ID}},
		{[]Filter{filter("attachment.delete-on-termination", "false")}, []string{task.ID}},
		{[]Filter{filter("attachment.instance-id", "*")}, nil},
		{[]Filter{filter("requester-managed", "true")}, []string{task.ID}},
		{[]Filter{filter("requester-managed", "false")}, []string{*mine}},
		{[]Filter{filter("requester-id", "*")}, []string{task.ID}},
		{[]Filter{filter("interface-type", "interface"), filter("source-dest-check", "true")}, both},
		{[]Filter{filter("group-id", w.group), filter("vpc-id", w.vpc), filter("owner-id", account)}, both},
		{[]Filter{filter("status", "available"), filter("availability-zone", "eu-west-1b")}, []string{*mine}},
		{[]Filter{filter("description", "")}, []string{}},
	} {
		out := must(w.DescribeNetworkInterfaces(w.ctx, &DescribeNetworkInterfacesInput{Filters: c.filters}))(t)
		if got := ids(out.NetworkInterfaces, func(i NetworkInterface) *string { return i.NetworkInterfaceId }); !slices.Equal(got, append([]string{}, c.want...)) {
			t.Errorf("by %s: %v, want %v", *c.filters[0].Name, got, c.want)
		}
	}
}

package ec2api

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestRehearsals tells the life of a network, change by change: each can be
// rehearsed by a dry run, and each that takes a client token can be repeated.
func TestRehearsals(t *testing.T) {
	w := &rehearsed{world: newWorld(t), did: map[string]bool{}}
	vpc := does[CreateVpcOutput](w, &CreateVpcInput{CidrBlock: p("10.0.0.0/16")}).Vpc.VpcId
	does[ModifyVpcAttributeOutput](w, &ModifyVpcAttributeInput{VpcId: vpc, EnableDnsHostnames: &AttributeBooleanValue{Value: p(true)}})
	block := does[AssociateVpcCidrBlockOutput](w, &AssociateVpcCidrBlockInput{VpcId: vpc, CidrBlock: p("10.1.0.0/16")}).CidrBlockAssociation.AssociationId
	does[DisassociateVpcCidrBlockOutput](w, &DisassociateVpcCidrBlockInput{AssociationId: block})
	subnet := does[CreateSubnetOutput](w, &CreateSubnetInput{VpcId: vpc, CidrBlock: p("10.0.1.0/24")}).Subnet.SubnetId
	does[ModifySubnetAttributeOutput](w, &ModifySubnetAttributeInput{SubnetId: subnet, MapPublicIpOnLaunch: &AttributeBooleanValue{Value: p(true)}})
	does[CreateTagsOutput](w, &CreateTagsInput{Resources: []string{*vpc, *subnet}, Tags: []Tag{{Key: p("Name"), Value: p("story")}}})
	does[DeleteTagsOutput](w, &DeleteTagsInput{Resources: []string{*subnet}, Tags: []Tag{{Key: p("Name")}}})

	options := does[CreateDhcpOptionsOutput](w, &CreateDhcpOptionsInput{DhcpConfigurations: []NewDhcpConfiguration{{Key: p("domain-name"), Values: []string{"corp.internal"}}}}).DhcpOptions.DhcpOptionsId
	does[AssociateDhcpOptionsOutput](w, &AssociateDhcpOptionsInput{VpcId: vpc, DhcpOptionsId: options})
	does[AssociateDhcpOptionsOutput](w, &AssociateDhcpOptionsInput{VpcId: vpc, DhcpOptionsId: p("default")})
	does[DeleteDhcpOptionsOutput](w, &DeleteDhcpOptionsInput{DhcpOptionsId: options})

	w.routes(vpc, subnet)
	w.firewall(vpc, subnet)
	does[DeleteSubnetOutput](w, &DeleteSubnetInput{SubnetId: subnet})
	does[DeleteVpcOutput](w, &DeleteVpcInput{VpcId: vpc})
	w.services()

	does[DeleteSubnetOutput](w, &DeleteSubnetInput{SubnetId: w.subnet("eu-west-1c").SubnetId})
	does[CreateDefaultSubnetOutput](w, &CreateDefaultSubnetInput{AvailabilityZone: p("eu-west-1c")})
	w.nothingMissing(t)
}

// routes is the part of the story with gateways, tables and addresses; at its
// end everything is gone.
func (w *rehearsed) routes(vpc, subnet *string) {
	gateway := does[CreateInternetGatewayOutput](w, &CreateInternetGatewayInput{}).InternetGateway.InternetGatewayId
	does[AttachInternetGatewayOutput](w, &AttachInternetGatewayInput{InternetGatewayId: gateway, VpcId: vpc})
	table := does[CreateRouteTableOutput](w, &CreateRouteTableInput{VpcId: vpc}).RouteTable.RouteTableId
	other := does[CreateRouteTableOutput](w, &CreateRouteTableInput{VpcId: vpc}).RouteTable.RouteTableId
	does[CreateRouteOutput](w, &CreateRouteInput{RouteTableId: table, DestinationCidrBlock: p("0.0.0.0/0"), GatewayId: gateway})
	association := does[AssociateRouteTableOutput](w, &AssociateRouteTableInput{RouteTableId: other, SubnetId: subnet}).AssociationId
	association = does[ReplaceRouteTableAssociationOutput](w, &ReplaceRouteTableAssociationInput{AssociationId: association, RouteTableId: table}).NewAssociationId

	address := does[AllocateAddressOutput](w, &AllocateAddressInput{Domain: p("vpc")}).AllocationId
	eni := does[CreateNetworkInterfaceOutput](w, &CreateNetworkInterfaceInput{SubnetId: subnet}).NetworkInterface.NetworkInterfaceId
	does[ModifyNetworkInterfaceAttributeOutput](w, &ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: eni, Description: &AttributeValue{Value: p("mine")}})
	held := does[AssociateAddressOutput](w, &AssociateAddressInput{AllocationId: address, NetworkInterfaceId: eni}).AssociationId
	does[DisassociateAddressOutput](w, &DisassociateAddressInput{AssociationId: held})
	does[ReleaseAddressOutput](w, &ReleaseAddressInput{AllocationId: address})
	does[DeleteNetworkInterfaceOutput](w, &DeleteNetworkInterfaceInput{NetworkInterfaceId: eni})

	nat := does[CreateNatGatewayOutput](w, &CreateNatGatewayInput{SubnetId: w.subnet("eu-west-1b").SubnetId, ConnectivityType: p("private")}).NatGateway.NatGatewayId
	aside := first(w.t, must(w.DescribeRouteTables(w.ctx, &DescribeRouteTablesInput{Filters: []Filter{filter("vpc-id", w.vpc)}}))(w.t).RouteTables).RouteTableId
	does[ReplaceRouteOutput](w, &ReplaceRouteInput{RouteTableId: aside, DestinationCidrBlock: p("0.0.0.0/0"), NatGatewayId: nat})
	does[DeleteNatGatewayOutput](w, &DeleteNatGatewayInput{NatGatewayId: nat})

	does[DisassociateRouteTableOutput](w, &DisassociateRouteTableInput{AssociationId: association})
	does[DeleteRouteOutput](w, &DeleteRouteInput{RouteTableId: table, DestinationCidrBlock: p("0.0.0.0/0")})
	does[DeleteRouteTableOutput](w, &DeleteRouteTableInput{RouteTableId: table})
	does[DeleteRouteTableOutput](w, &DeleteRouteTableInput{RouteTableId: other})
	does[DetachInternetGatewayOutput](w, &DetachInternetGatewayInput{InternetGatewayId: gateway, VpcId: vpc})
	does[DeleteInternetGatewayOutput](w, &DeleteInternetGatewayInput{InternetGatewayId: gateway})
}

// firewall is the part with groups, prefix lists and network ACLs; at its end
// everything is gone.
func (w *rehearsed) firewall(vpc, subnet *string) {
	group := does[CreateSecurityGroupOutput](w, &CreateSecurityGroupInput{GroupName: p("web"), Description: p("web"), VpcId: vpc}).GroupId
	web := []IpPermission{{IpProtocol: p("tcp"), FromPort: p(int32(80)), ToPort: p(int32(80)), IpRanges: []IpRange{{CidrIp: p("0.0.0.0/0")}}}}
	rule := first(w.t, does[AuthorizeSecurityGroupIngressOutput](w, &AuthorizeSecurityGroupIngressInput{GroupId: group, IpPermissions: web}).SecurityGroupRules).SecurityGroupRuleId
	does[AuthorizeSecurityGroupEgressOutput](w, &AuthorizeSecurityGroupEgressInput{GroupId: group, IpPermissions: web})
	described := []SecurityGroupRuleDescription{{SecurityGroupRuleId: rule, Description: p("everybody")}}
	does[UpdateSecurityGroupRuleDescriptionsIngressOutput](w, &UpdateSecurityGroupRuleDescriptionsIngressInput{GroupId: group, SecurityGroupRuleDescriptions: described})
	web[0].IpRanges[0].Description = p("out")
	does[UpdateSecurityGroupRuleDescriptionsEgressOutput](w, &UpdateSecurityGroupRuleDescriptionsEgressInput{GroupId: group, IpPermissions: web})
	does[RevokeSecurityGroupEgressOutput](w, &RevokeSecurityGroupEgressInput{GroupId: group, IpPermissions: web})
	entries := []AddPrefixListEntry{{Cidr: p("10.0.0.0/8")}}
	list := does[CreateManagedPrefixListOutput](w, &CreateManagedPrefixListInput{PrefixListName: p("a"), AddressFamily: p("IPv4"), MaxEntries: p(int32(3)), Entries: entries}).PrefixList.PrefixListId
	does[ModifyManagedPrefixListOutput](w, &ModifyManagedPrefixListInput{PrefixListId: list, CurrentVersion: p(int64(1)), AddEntries: []AddPrefixListEntry{{Cidr: p("192.168.0.0/16")}}})
	does[ModifySecurityGroupRulesOutput](w, &ModifySecurityGroupRulesInput{GroupId: group, SecurityGroupRules: []SecurityGroupRuleUpdate{{
		SecurityGroupRuleId: rule, SecurityGroupRule: &SecurityGroupRuleRequest{IpProtocol: p("tcp"), FromPort: p(int32(81)), ToPort: p(int32(81)), PrefixListId: list},
	}}})
	does[RevokeSecurityGroupIngressOutput](w, &RevokeSecurityGroupIngressInput{GroupId: group, SecurityGroupRuleIds: []string{*rule}})
	does[DeleteManagedPrefixListOutput](w, &DeleteManagedPrefixListInput{PrefixListId: list})
	does[DeleteSecurityGroupOutput](w, &DeleteSecurityGroupInput{GroupId: group})

	acl := does[CreateNetworkAclOutput](w, &CreateNetworkAclInput{VpcId: vpc}).NetworkAcl.NetworkAclId
	entry := CreateNetworkAclEntryInput{NetworkAclId: acl, RuleNumber: p(int32(100)), Protocol: p("-1"), RuleAction: p("allow"), Egress: p(false), CidrBlock: p("0.0.0.0/0")}
	does[CreateNetworkAclEntryOutput](w, &entry)
	does[ReplaceNetworkAclEntryOutput](w, &ReplaceNetworkAclEntryInput{NetworkAclId: acl, RuleNumber: p(int32(100)), Protocol: p("-1"), RuleAction: p("deny"), Egress: p(false), CidrBlock: p("0.0.0.0/0")})
	lists := must(w.DescribeNetworkAcls(w.ctx, &DescribeNetworkAclsInput{Filters: []Filter{filter("association.subnet-id", *subnet)}}))(w.t).NetworkAcls
	standard := first(w.t, lists)
	association := does[ReplaceNetworkAclAssociationOutput](w, &ReplaceNetworkAclAssociationInput{AssociationId: standard.Associations[0].NetworkAclAssociationId, NetworkAclId: acl}).NewAssociationId
	does[ReplaceNetworkAclAssociationOutput](w, &ReplaceNetworkAclAssociationInput{AssociationId: association, NetworkAclId: standard.NetworkAclId})
	does[DeleteNetworkAclEntryOutput](w, &DeleteNetworkAclEntryInput{NetworkAclId: acl, RuleNumber: p(int32(100)), Egress: p(false)})
	does[DeleteNetworkAclOutput](w, &DeleteNetworkAclInput{NetworkAclId: acl})
}

// services is the part with endpoints and flow logs, in the default VPC.
func (w *rehearsed) services() {
	endpoint := does[CreateVpcEndpointOutput](w, &CreateVpcEndpointInput{VpcId: &w.vpc, ServiceName: p(s3Service)}).VpcEndpoint.VpcEndpointId
	table := first(w.t, must(w.DescribeRouteTables(w.ctx, &DescribeRouteTablesInput{Filters: []Filter{filter("vpc-id", w.vpc)}}))(w.t).RouteTables).RouteTableId
	does[ModifyVpcEndpointOutput](w, &ModifyVpcEndpointInput{VpcEndpointId: endpoint, AddRouteTableIds: []string{*table}})
	does[DeleteVpcEndpointsOutput](w, &DeleteVpcEndpointsInput{VpcEndpointIds: []string{*endpoint}})
	logs := does[CreateFlowLogsOutput](w, w.flowLogs(func(*CreateFlowLogsInput) {})).FlowLogIds
	does[DeleteFlowLogsOutput](w, &DeleteFlowLogsInput{FlowLogIds: logs})
}

// unrehearsed are the changes that there is nothing for: what they are about is
// absent, or is so already.
var unrehearsed = []string{
	"AttachNetworkInterface", "DetachNetworkInterface", "ModifyVpcTenancy", "CreateDefaultVpc",
	"AssignPrivateNatGatewayAddress", "UnassignPrivateNatGatewayAddress", "AssociateNatGatewayAddress", "DisassociateNatGatewayAddress",
	"AssociateSubnetCidrBlock", "DisassociateSubnetCidrBlock", "EnableVgwRoutePropagation", "DisableVgwRoutePropagation", "AcceptVpcEndpointConnections",
}

// nothingMissing holds that the story has every operation that changes something.
func (w *rehearsed) nothingMissing(t *testing.T) {
	t.Helper()
	for m := range reflect.TypeFor[API]().Methods() {
		reads := strings.HasPrefix(m.Name, "Describe") || strings.HasPrefix(m.Name, "Get")
		if !reads && !w.did[m.Name] && !slices.Contains(unrehearsed, m.Name) {
			t.Errorf("%s isn't rehearsed", m.Name)
		}
	}
}

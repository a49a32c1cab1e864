package e2e

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"kaimon.dev/kaimon/test/live"
)

// zones is the network that teams build around Fargate: in each of two zones a
// public and a private subnet, the private ones behind a NAT gateway; one more
// without any way to the internet; and an endpoint for S3.
type zones struct {
	*ec2.Client
	vpc, nat, endpoint string
	// fixed is the NAT gateway's Elastic IP.
	fixed string
	// subnets and groups are IDs by name.
	subnets, groups map[string]string
}

// newZones makes the network and waits for its NAT gateway.
func newZones(t *testing.T, s *live.Server) *zones {
	t.Helper()
	client, err := s.EC2()
	if err != nil {
		t.Fatal(err)
	}
	z := &zones{Client: client, subnets: map[string]string{}, groups: map[string]string{}}
	ctx := t.Context()
	made := must(z.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.20.0.0/16")}))(t)
	z.vpc = *made.Vpc.VpcId
	for _, subnet := range [][3]string{
		{"public-a", "10.20.0.0/24", "a"}, {"public-b", "10.20.1.0/24", "b"},
		{"private-a", "10.20.10.0/24", "a"}, {"private-b", "10.20.11.0/24", "b"}, {"isolated", "10.20.20.0/24", "b"},
	} {
		out := must(z.CreateSubnet(ctx, &ec2.CreateSubnetInput{
			VpcId: &z.vpc, CidrBlock: &subnet[1], AvailabilityZone: aws.String(live.Region + subnet[2]),
		}))(t)
		z.subnets[subnet[0]] = *out.Subnet.SubnetId
	}
	igw := must(z.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{}))(t).InternetGateway.InternetGatewayId
	must(z.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: igw, VpcId: &z.vpc}))(t)
	address := must(z.AllocateAddress(ctx, &ec2.AllocateAddressInput{Domain: types.DomainTypeVpc}))(t)
	z.fixed = *address.PublicIp
	public := z.table(t, "public-a", "public-b")
	private := z.table(t, "private-a", "private-b")
	isolated := z.table(t, "isolated")
	everywhere := aws.String("0.0.0.0/0")
	must(z.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &public, DestinationCidrBlock: everywhere, GatewayId: igw}))(t)
	nat := must(z.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: aws.String(z.subnets["public-a"]), AllocationId: address.AllocationId}))(t)
	z.nat = *nat.NatGateway.NatGatewayId
	must(z.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &private, DestinationCidrBlock: everywhere, NatGatewayId: &z.nat}))(t)
	endpoint := must(z.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{
		VpcId: &z.vpc, ServiceName: aws.String("com.amazonaws." + live.Region + ".s3"), RouteTableIds: []string{private, isolated},
	}))(t)
	z.endpoint = *endpoint.VpcEndpoint.VpcEndpointId
	z.guard(t)
	waiter := ec2.NewNatGatewayAvailableWaiter(z.Client)
	if err := waiter.Wait(ctx, &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{z.nat}}, patience); err != nil {
		t.Fatal(err)
	}
	return z
}

// table makes a route table for subnets.
func (z *zones) table(t *testing.T, subnets ...string) string {
	t.Helper()
	table := must(z.CreateRouteTable(t.Context(), &ec2.CreateRouteTableInput{VpcId: &z.vpc}))(t).RouteTable.RouteTableId
	for _, s := range subnets {
		must(z.AssociateRouteTable(t.Context(), &ec2.AssociateRouteTableInput{RouteTableId: table, SubnetId: aws.String(z.subnets[s])}))(t)
	}
	return *table
}

// guard makes the groups: everybody may connect to web, web to app, app to db,
// and app's members talk to each other; db connects to nobody.
func (z *zones) guard(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	for _, name := range []string{"web", "app", "db"} {
		out := must(z.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: &z.vpc, GroupName: &name, Description: &name}))(t)
		z.groups[name] = *out.GroupId
	}
	from := func(peer string) []types.UserIdGroupPair {
		return []types.UserIdGroupPair{{GroupId: aws.String(z.groups[peer])}}
	}
	for _, rule := range []struct {
		group      string
		permission types.IpPermission
	}{
		{"web", types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}},
		{"app", types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(8000), ToPort: aws.Int32(8099), UserIdGroupPairs: from("web")}},
		{"app", types.IpPermission{IpProtocol: aws.String("udp"), FromPort: aws.Int32(7000), ToPort: aws.Int32(7000), UserIdGroupPairs: from("app")}},
		{"db", types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(5432), ToPort: aws.Int32(5432), UserIdGroupPairs: from("app")}},
	} {
		must(z.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: aws.String(z.groups[rule.group]), IpPermissions: []types.IpPermission{rule.permission},
		}))(t)
	}
	must(z.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{
		GroupId:       aws.String(z.groups["db"]),
		IpPermissions: []types.IpPermission{{IpProtocol: aws.String("-1"), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}},
	}))(t)
}

// must returns what a call answered, or ends the test.
func must[T any](answer T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
}

package e2e

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"kaimon.dev/kaimon/test/live"
)

// zones is the network that teams build around Fargate, by the aws CLI: in each
// of two zones a public and a private subnet, the private ones behind a NAT
// gateway; one more without any way to the internet; and an endpoint for S3.
type zones struct {
	*ec2.Client
	access live.Access
	vpc    string
	// fixed is the NAT gateway's Elastic IP.
	fixed string
	// subnets and groups are IDs by name.
	subnets, groups map[string]string
}

// newZones makes the network and waits for its NAT gateway.
func newZones(t *testing.T, s *live.Server) *zones {
	t.Helper()
	z := &zones{
		Client: must(s.EC2())(t), access: must(s.Access())(t),
		subnets: map[string]string{}, groups: map[string]string{},
	}
	z.vpc = z.aws(t, "create-vpc --cidr-block 10.20.0.0/16 --query Vpc.VpcId")
	for _, subnet := range [][3]string{
		{"public-a", "10.20.0.0/24", "a"}, {"public-b", "10.20.1.0/24", "b"},
		{"private-a", "10.20.10.0/24", "a"}, {"private-b", "10.20.11.0/24", "b"}, {"isolated", "10.20.20.0/24", "b"},
	} {
		z.subnets[subnet[0]] = z.aws(t, "create-subnet --query Subnet.SubnetId --vpc-id", z.vpc,
			"--cidr-block", subnet[1], "--availability-zone", live.Region+subnet[2])
	}
	igw := z.aws(t, "create-internet-gateway --query InternetGateway.InternetGatewayId")
	z.aws(t, "attach-internet-gateway --internet-gateway-id", igw, "--vpc-id", z.vpc)
	address := z.aws(t, "allocate-address --domain vpc --query AllocationId")
	z.fixed = z.aws(t, "describe-addresses --query Addresses[0].PublicIp --allocation-ids", address)
	public := z.table(t, "public-a", "public-b")
	private := z.table(t, "private-a", "private-b")
	isolated := z.table(t, "isolated")
	z.aws(t, "create-route --destination-cidr-block 0.0.0.0/0 --route-table-id", public, "--gateway-id", igw)
	nat := z.aws(t, "create-nat-gateway --query NatGateway.NatGatewayId --subnet-id", z.subnets["public-a"], "--allocation-id", address)
	z.aws(t, "create-route --destination-cidr-block 0.0.0.0/0 --route-table-id", private, "--nat-gateway-id", nat)
	z.aws(t, "create-vpc-endpoint --vpc-id", z.vpc, "--service-name com.amazonaws."+live.Region+".s3 --route-table-ids", private, isolated)
	z.guard(t)
	z.aws(t, "wait nat-gateway-available --nat-gateway-ids", nat)
	return z
}

// table makes a route table for subnets.
func (z *zones) table(t *testing.T, subnets ...string) string {
	t.Helper()
	table := z.aws(t, "create-route-table --query RouteTable.RouteTableId --vpc-id", z.vpc)
	for _, s := range subnets {
		z.aws(t, "associate-route-table --route-table-id", table, "--subnet-id", z.subnets[s])
	}
	return table
}

// guard makes the groups: everybody may connect to web, web to app, app to db,
// and app's members talk to each other; db connects to nobody.
func (z *zones) guard(t *testing.T) {
	t.Helper()
	for _, name := range []string{"web", "app", "db"} {
		z.groups[name] = z.aws(t, "create-security-group --query GroupId --vpc-id", z.vpc, "--group-name", name, "--description", name)
	}
	const allow = "authorize-security-group-ingress --group-id"
	z.aws(t, allow, z.groups["web"], "--protocol tcp --port 80 --cidr 0.0.0.0/0")
	z.aws(t, allow, z.groups["app"], "--protocol tcp --port 8000-8099 --source-group", z.groups["web"])
	z.aws(t, allow, z.groups["app"], "--protocol udp --port 7000 --source-group", z.groups["app"])
	z.aws(t, allow, z.groups["db"], "--protocol tcp --port 5432 --source-group", z.groups["app"])
	z.aws(t, "revoke-security-group-egress --group-id", z.groups["db"], "--ip-permissions IpProtocol=-1,IpRanges=[{CidrIp=0.0.0.0/0}]")
}

// aws runs a command of the CLI's for EC2 and returns what it prints. The words
// of its arguments are parted by spaces.
func (z *zones) aws(t *testing.T, args ...string) string {
	t.Helper()
	args = strings.Fields(strings.Join(args, " "))
	cmd := exec.CommandContext(t.Context(), "aws", append([]string{"--endpoint-url", z.access.Endpoint, "--output", "text", "ec2"}, args...)...)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID="+z.access.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+z.access.SecretAccessKey,
		"AWS_DEFAULT_REGION="+live.Region, "AWS_REGION="+live.Region, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=")
	var problem strings.Builder
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("aws ec2 %s: %v\n%s", strings.Join(args, " "), err, problem.String())
	}
	return strings.TrimSpace(string(out))
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

package ec2

import (
	"net/netip"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// ScopeRow marks an (account, region) that has been given its default VPC, so
// that one which the user deletes stays deleted.
type ScopeRow struct {
	Scope aws.Scope
	// ACLs says that its VPCs have default network ACLs; those of a store that
	// was made before there were any get theirs.
	ACLs bool
}

// Scopes holds every (account, region) that has been used.
var Scopes = store.NewTable("ec2.scopes", func(s *ScopeRow) string { return ScopeKey(s.Scope) })

// Opened says whether the scope has been given its default VPC already.
func Opened(r store.Reader, s aws.Scope) bool {
	row, ok := Scopes.Get(r, ScopeKey(s))
	return ok && row.ACLs
}

var anywhere = netip.MustParsePrefix("0.0.0.0/0")

// EnsureDefaultVPC gives a scope what AWS gives to every region of a new
// account (VPC User Guide, "Default VPCs"): 172.31.0.0/16 with a /20 subnet in
// each of three zones, an internet gateway, a main route table, the default
// security group and the default network ACL. It does so once a scope.
func EnsureDefaultVPC(tx *store.Txn, s aws.Scope) {
	if Opened(tx, s) {
		return
	}
	_, old := Scopes.Get(tx, ScopeKey(s))
	Scopes.Put(tx, ScopeRow{Scope: s, ACLs: true})
	if old {
		for v := range VPCs.By(tx, ByScope, ScopeKey(s)) {
			AddDefaultACL(tx, *v)
		}
		return
	}
	addDefaultVPC(tx, s, "")
}

// AddDefaultVPC gives a scope that has deleted its default VPC a new one. salt
// makes its IDs others than any before.
func AddDefaultVPC(tx *store.Txn, s aws.Scope, salt string) (*VPC, error) {
	if v, ok := DefaultVPC(tx, s); ok {
		return nil, aws.Errorf("DefaultVpcAlreadyExists", "A Default VPC already exists for this account in this region. (%s)", v.ID)
	}
	return addDefaultVPC(tx, s, salt), nil
}

func addDefaultVPC(tx *store.Txn, s aws.Scope, salt string) *VPC {
	vpc := VPC{
		ID: fixedID(prefixVPC, s, salt+"default"), Scope: s,
		CIDRs:         []netip.Prefix{netip.MustParsePrefix("172.31.0.0/16")},
		DHCPOptionsID: fixedID(prefixDHCPOptions, s, "default"),
		Default:       true, DNSSupport: true, DNSHostnames: true,
	}
	VPCs.Put(tx, vpc)
	for i, cidr := range []string{"172.31.0.0/20", "172.31.16.0/20", "172.31.32.0/20"} {
		zone := ZonesOf(s.Region)[i]
		Subnets.Put(tx, Subnet{
			ID: fixedID(prefixSubnet, s, salt+zone.Name), Scope: s, VPC: vpc.ID,
			CIDR: netip.MustParsePrefix(cidr), Zone: zone.Name, Default: true, MapPublicIPOnLaunch: true,
		})
	}
	gateway := InternetGateway{ID: fixedID(prefixInternetGateway, s, salt+"default"), Scope: s, VPC: vpc.ID}
	InternetGateways.Put(tx, gateway)
	RouteTables.Put(tx, RouteTable{
		ID: fixedID(prefixRouteTable, s, salt+"default"), Scope: s, VPC: vpc.ID,
		Routes:       []Route{{Destination: anywhere, GatewayID: gateway.ID}},
		Associations: []RouteTableAssociation{{ID: fixedID(prefixAssociation, s, salt+"default"), Main: true}},
	})
	putDefaultGroup(tx, s, vpc.ID)
	AddDefaultACL(tx, vpc)
	return &vpc
}

// putDefaultGroup makes the group that members of a VPC get when they name
// none: everything from its own members, everything to anywhere (VPC User
// Guide, "Default security groups").
func putDefaultGroup(tx *store.Txn, s aws.Scope, vpc string) {
	group := SecurityGroup{
		ID: fixedID(prefixSecurityGroup, s, vpc), Scope: s, VPC: vpc,
		Name: "default", Description: "default VPC security group",
	}
	SecurityGroups.Put(tx, group)
	SecurityGroupRules.Put(tx, SecurityGroupRule{
		ID: fixedID(prefixRule, s, vpc+"/ingress"), Scope: s, Group: group.ID,
		Protocol: -1, FromPort: -1, ToPort: -1, PeerGroup: group.ID,
	})
	SecurityGroupRules.Put(tx, SecurityGroupRule{
		ID: fixedID(prefixRule, s, vpc+"/egress"), Scope: s, Group: group.ID, Egress: true,
		Protocol: -1, FromPort: -1, ToPort: -1, CIDR: anywhere,
	})
}

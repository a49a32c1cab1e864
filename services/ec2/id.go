package ec2

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/clock"
)

// Prefixes of resource IDs (EC2 User Guide, "Resource IDs").
const (
	prefixVPC             = "vpc-"
	prefixSubnet          = "subnet-"
	prefixSecurityGroup   = "sg-"
	prefixRule            = "sgr-"
	prefixInterface       = "eni-"
	prefixAttachment      = "ela-attach-"
	prefixRouteTable      = "rtb-"
	prefixAssociation     = "rtbassoc-"
	prefixInternetGateway = "igw-"
	prefixDHCPOptions     = "dopt-"
	prefixNetworkACL      = "acl-"
	prefixACLAssociation  = "aclassoc-"
	prefixFlowLog         = "fl-"
	prefixPrefixList      = "pl-"
	prefixEndpoint        = "vpce-"
)

// NewID returns a fresh resource ID: the prefix and 17 hexadecimal digits.
func NewID(prefix string) string { return prefix + clock.Hex(9)[:17] }

// NewInterfaceID returns the ID of a new network interface. IDs are made
// before a transaction, never inside.
func NewInterfaceID() string { return NewID(prefixInterface) }

// IsInterface says whether an ID is a network interface's.
func IsInterface(id string) bool { return strings.HasPrefix(id, prefixInterface) }

// NewSecurityGroupID returns the ID of a new security group.
func NewSecurityGroupID() string { return NewID(prefixSecurityGroup) }

// NewRuleID returns the ID of a new security group rule.
func NewRuleID() string { return NewID(prefixRule) }

// fixedID derives the ID of a resource that comes with every (account, region),
// so that making it needs no random and twice is once.
func fixedID(prefix string, s aws.Scope, name string) string {
	sum := sha256.Sum256([]byte(prefix + s.Account + "/" + s.Region + "/" + name))
	return prefix + hex.EncodeToString(sum[:])[:17]
}

// CIDRAssociationID is the ID of a block's association with its VPC.
func CIDRAssociationID(v *VPC, cidr netip.Prefix) string {
	return fixedID("vpc-cidr-assoc-", v.Scope, v.ID+"/"+cidr.String())
}

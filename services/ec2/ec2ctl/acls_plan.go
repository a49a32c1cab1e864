package ec2ctl

import (
	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// aclsOf are a VPC's network ACLs.
func aclsOf(r store.Reader, id string) []vpc.ACL {
	var out []vpc.ACL
	for a := range ec2.NetworkACLsOf(r, id) {
		out = append(out, vpc.ACL{ID: a.ID, Ingress: aclEntries(a.Ingress), Egress: aclEntries(a.Egress)})
	}
	return out
}

func aclEntries(entries []ec2.ACLEntry) []vpc.ACLEntry {
	var out []vpc.ACLEntry
	for _, e := range entries {
		out = append(out, vpc.ACLEntry{
			Allow: e.Allow, Protocol: e.Protocol, FromPort: e.FromPort, ToPort: e.ToPort, CIDR: e.CIDR,
		})
	}
	return out
}

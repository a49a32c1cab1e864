package ec2

import "kaimon.dev/kaimon/store"

// VPCOfRow returns the VPC that a row of a table belongs to; ok is false when
// the row is gone or belongs to none.
func VPCOfRow(r store.Reader, table, id string) (vpc string, ok bool) {
	switch table {
	case VPCs.Name():
		if v, ok := VPCs.Get(r, id); ok {
			return v.ID, true
		}
	case Subnets.Name():
		if s, ok := Subnets.Get(r, id); ok {
			return s.VPC, true
		}
	case RouteTables.Name():
		if t, ok := RouteTables.Get(r, id); ok {
			return t.VPC, true
		}
	case InternetGateways.Name():
		if g, ok := InternetGateways.Get(r, id); ok {
			return g.VPC, g.VPC != ""
		}
	case NetworkACLs.Name():
		if a, ok := NetworkACLs.Get(r, id); ok {
			return a.VPC, true
		}
	case Endpoints.Name(), EndpointStatuses.Name():
		if e, ok := Endpoints.Get(r, id); ok {
			return e.VPC, true
		}
	case ACLAssociations.Name():
		return VPCOfRow(r, Subnets.Name(), id)
	case FlowLogs.Name():
		if f, ok := FlowLogs.Get(r, id); ok {
			vpc := f.VPCOf(r)
			return vpc, vpc != ""
		}
	case NATGateways.Name():
		if g, ok := NATGateways.Get(r, id); ok {
			return g.VPC, true
		}
	case SecurityGroups.Name():
		if g, ok := SecurityGroups.Get(r, id); ok {
			return g.VPC, true
		}
	case SecurityGroupRules.Name():
		if rule, ok := SecurityGroupRules.Get(r, id); ok {
			return VPCOfRow(r, SecurityGroups.Name(), rule.Group)
		}
	}
	return "", false
}

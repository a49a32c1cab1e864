package ec2

import (
	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// ACLAssociation says which network ACL a subnet uses. A subnet without a row
// uses its VPC's default one. Sole writer: ec2api.
type ACLAssociation struct {
	Subnet string
	ID     string
	ACL    string
}

const byACL = "acl"

// ACLAssociations holds the associations that were changed, by subnet.
var ACLAssociations = store.NewTable("ec2.network-acl-associations", func(a *ACLAssociation) string { return a.Subnet },
	store.Index[ACLAssociation]{Name: byACL, Keys: func(a *ACLAssociation) []string { return []string{a.ACL} }})

// NewACLAssociationID returns the ID of a new association of a network ACL.
func NewACLAssociationID() string { return NewID(prefixACLAssociation) }

// ACLOf returns the association of a subnet. Its ACL is "" only in a VPC that
// has no default one.
func ACLOf(r store.Reader, s *Subnet) ACLAssociation {
	if a, ok := ACLAssociations.Get(r, s.ID); ok {
		return *a
	}
	a := ACLAssociation{Subnet: s.ID, ID: fixedID(prefixACLAssociation, s.Scope, s.ID)}
	if def, ok := DefaultACL(r, s.VPC); ok {
		a.ACL = def.ID
	}
	return a
}

// ACLAssociationsOf are the associations of a network ACL, in order of subnet.
func ACLAssociationsOf(r store.Reader, acl *NetworkACL) []ACLAssociation {
	var out []ACLAssociation
	for s := range SubnetsOf(r, acl.VPC) {
		if a := ACLOf(r, s); a.ACL == acl.ID {
			out = append(out, a)
		}
	}
	return out
}

// AssociateACL gives the subnet of an association another network ACL, under
// a new association ID.
func AssociateACL(tx *store.Txn, s aws.Scope, association, newID string, acl *NetworkACL) error {
	subnet, ok := subnetOfACLAssociation(tx, s, association)
	if !ok {
		return aws.Errorf("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", association)
	}
	if subnet.VPC != acl.VPC {
		return ErrInvalidParameter("The network ACL '%s' and the subnet '%s' belong to different networks.", acl.ID, subnet.ID)
	}
	ACLAssociations.Put(tx, ACLAssociation{Subnet: subnet.ID, ID: newID, ACL: acl.ID})
	return nil
}

// subnetOfACLAssociation finds the subnet that an association is of.
func subnetOfACLAssociation(r store.Reader, s aws.Scope, id string) (*Subnet, bool) {
	for subnet := range Subnets.By(r, ByScope, ScopeKey(s)) {
		if ACLOf(r, subnet).ID == id {
			return subnet, true
		}
	}
	return nil, false
}

// ForgetACLOf forgets which network ACL a subnet used that is deleted.
func ForgetACLOf(tx *store.Txn, subnet string) { ACLAssociations.Delete(tx, subnet) }

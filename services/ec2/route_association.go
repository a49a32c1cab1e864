package ec2

import (
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// NewRouteAssociationID returns the ID of a new association of a route table.
func NewRouteAssociationID() string { return NewID(prefixAssociation) }

// FindRouteAssociation returns the table with an association of the scope.
func FindRouteAssociation(r store.Reader, s aws.Scope, id string) (*RouteTable, RouteTableAssociation, error) {
	for t := range RouteTables.By(r, ByScope, ScopeKey(s)) {
		for _, a := range t.Associations {
			if a.ID == id {
				return t, a, nil
			}
		}
	}
	return nil, RouteTableAssociation{}, aws.Errorf("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", id)
}

func checkSameVPC(t *RouteTable, n *Subnet) error {
	if t.VPC != n.VPC {
		return ErrInvalidParameter("Route table %s and subnet %s belong to different networks", t.ID, n.ID)
	}
	return nil
}

// AssociateSubnet has a subnet use a table; it may not be associated with one yet.
func AssociateSubnet(tx *store.Txn, t *RouteTable, n *Subnet, id string) error {
	if err := checkSameVPC(t, n); err != nil {
		return err
	}
	if have, ok := RouteTableOf(tx, n); ok && slices.ContainsFunc(have.Associations, func(a RouteTableAssociation) bool { return a.Subnet == n.ID }) {
		return aws.Errorf("Resource.AlreadyAssociated", "the specified association for route table %s conflicts with an existing association", t.ID)
	}
	associate(tx, t, RouteTableAssociation{ID: id, Subnet: n.ID})
	return nil
}

func associate(tx *store.Txn, t *RouteTable, a RouteTableAssociation) {
	changed := *t
	changed.Associations = append(slices.Clone(t.Associations), a)
	RouteTables.Put(tx, changed)
}

// dropAssociations takes associations from a table.
func dropAssociations(tx *store.Txn, t *RouteTable, which func(RouteTableAssociation) bool) {
	if !slices.ContainsFunc(t.Associations, which) {
		return
	}
	changed := *t
	changed.Associations = slices.DeleteFunc(slices.Clone(t.Associations), which)
	RouteTables.Put(tx, changed)
}

// Disassociate has the subnet of an association use its VPC's main table again.
func Disassociate(tx *store.Txn, s aws.Scope, id string) error {
	t, a, err := FindRouteAssociation(tx, s, id)
	if err != nil {
		return err
	}
	if a.Main {
		return ErrInvalidParameter("cannot disassociate the main route table association %s", id)
	}
	dropAssociations(tx, t, func(a RouteTableAssociation) bool { return a.ID == id })
	return nil
}

// ReplaceAssociation moves an association, the main one too, to another table,
// under a new ID.
func ReplaceAssociation(tx *store.Txn, s aws.Scope, id, newID string, to *RouteTable) error {
	from, a, err := FindRouteAssociation(tx, s, id)
	if err != nil {
		return err
	}
	if from.VPC != to.VPC {
		return ErrInvalidParameter("Route table %s and association %s belong to different networks", to.ID, id)
	}
	dropAssociations(tx, from, func(a RouteTableAssociation) bool { return a.ID == id })
	target, err := FindRouteTable(tx, s, to.ID) // it may be the same table
	if err != nil {
		return err
	}
	a.ID = newID
	associate(tx, target, a)
	return nil
}

// RemoveRouteTable deletes a table that no subnet uses and that isn't the main
// one; endpoints lose it.
func RemoveRouteTable(tx *store.Txn, t *RouteTable) error {
	if len(t.Associations) > 0 {
		return errInUse("routeTable", t.ID)
	}
	for _, e := range EndpointsOfTable(tx, t) {
		changed := *e
		changed.RouteTables = slices.DeleteFunc(slices.Clone(e.RouteTables), func(id string) bool { return id == t.ID })
		Endpoints.Put(tx, changed)
	}
	RouteTables.Delete(tx, t.ID)
	DeleteTags(tx, t.ID)
	return nil
}

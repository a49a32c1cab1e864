package ec2

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// maxInterfaceGroups bounds the groups of an interface (VPC User Guide, "Amazon
// VPC quotas").
const maxInterfaceGroups = 5

// CheckInterfaceGroups says why an interface of a VPC can't have groups.
func CheckInterfaceGroups(r store.Reader, s aws.Scope, vpc string, groups []string) error {
	if len(groups) > maxInterfaceGroups {
		return aws.Errorf("SecurityGroupsPerInterfaceLimitExceeded", "The maximum number of security groups per interface has been reached.")
	}
	for _, id := range groups {
		g, err := FindSecurityGroup(r, s, id)
		if err != nil {
			return err
		}
		if g.VPC != vpc {
			return aws.Errorf("InvalidParameter", "Security group %s and the network interface belong to different networks.", id)
		}
	}
	return nil
}

// checkAddress says why a subnet can't give an address that was asked for.
func checkAddress(r store.Reader, subnet *Subnet, addr netip.Addr) error {
	if !subnet.CIDR.Contains(addr) {
		return ErrInvalidParameter("Address does not fall within the subnet's address range")
	}
	base, reserved := subnet.CIDR.Masked().Addr(), false
	for range 4 {
		reserved = reserved || addr == base
		base = base.Next()
	}
	if reserved || !subnet.CIDR.Contains(addr.Next()) {
		return ErrInvalidParameter("Address is in subnet's reserved address range")
	}
	if used(NetworkInterfaces.By(r, byAddress, subnet.VPC+"/"+addr.String())) {
		return aws.Errorf("InvalidIPAddress.InUse", "Address %s is in use.", addr)
	}
	return nil
}

// AddressSeed scatters addresses by the IDs of what they are for.
func AddressSeed(id string) uint32 {
	b, err := hex.DecodeString(id[len(id)-8:])
	if err != nil {
		panic(err) // IDs end in hexadecimal digits
	}
	return binary.BigEndian.Uint32(b)
}

// errManaged refuses to change what a service manages (EC2 User Guide,
// "Requester-managed network interfaces").
func errManaged() error {
	return aws.Errorf("AuthFailure", "You do not have permission to access the specified resource.")
}

// RemoveInterface deletes an interface that a user made.
func RemoveInterface(tx *store.Txn, i *NetworkInterface) error {
	if i.Managed() {
		return ErrInvalidParameter("Network interface '%s' is currently in use.", i.ID)
	}
	ReleaseInterface(tx, i.ID)
	return nil
}

// ChangeInterface changes the groups or the description of an interface that a
// user made; nil is what stays.
func ChangeInterface(tx *store.Txn, i *NetworkInterface, groups []string, description *string) error {
	if i.Managed() {
		return errManaged()
	}
	if err := CheckInterfaceGroups(tx, i.Scope, i.VPC, groups); err != nil {
		return err
	}
	changed := *i
	if groups != nil {
		changed.Groups = groups
	}
	if description != nil {
		changed.Description = *description
	}
	NetworkInterfaces.Put(tx, changed)
	return nil
}

// FindAttachment returns the interface that an attachment is of.
func FindAttachment(r store.Reader, s aws.Scope, id string) (*NetworkInterface, error) {
	for i := range NetworkInterfaces.By(r, ByScope, ScopeKey(s)) {
		if i.AttachmentID == id && id != "" {
			return i, nil
		}
	}
	return nil, aws.Errorf("InvalidAttachmentID.NotFound", "The attachment ID '%s' does not exist", id)
}

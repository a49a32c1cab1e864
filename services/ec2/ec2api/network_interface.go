package ec2api

import (
	"context"
	"net/netip"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// CreateNetworkInterface implements API. There are no instances that it could
// be attached to: it holds its address and its groups.
func (h *Handlers) CreateNetworkInterface(ctx context.Context, in *CreateNetworkInterfaceInput) (*CreateNetworkInterfaceOutput, error) {
	tags, err := specifiedTags(in.TagSpecifications, "network-interface")
	if err != nil {
		return nil, err
	}
	q, err := interfaceRequest(in)
	if err != nil {
		return nil, err
	}
	q.At = h.Clock.Now()
	ids, err := h.once(ctx, in.DryRun, in.ClientToken, in, func(tx *store.Txn, s aws.Scope) ([]string, error) {
		subnet, err := ec2.FindSubnet(tx, s, q.Subnet)
		if err != nil {
			return nil, err
		}
		if q.Groups, err = groupsOrDefault(tx, s, subnet.VPC, in.Groups); err != nil {
			return nil, err
		}
		if _, err := ec2.AllocateInterface(tx, s, q); err != nil {
			return nil, err
		}
		ec2.PutTags(tx, s, q.ID, tags)
		return []string{q.ID}, nil
	})
	if err != nil {
		return nil, err
	}
	out := &CreateNetworkInterfaceOutput{ClientToken: in.ClientToken}
	r := h.Store.Snapshot()
	if i, ok := ec2.NetworkInterfaces.Get(r, ids[0]); ok {
		out.NetworkInterface = wire.Ptr(wireInterface(r, i))
	}
	return out, nil
}

// groupsOrDefault are the groups that a request names for an interface of a
// VPC, or its default one.
func groupsOrDefault(r store.Reader, s aws.Scope, vpc string, groups []string) ([]string, error) {
	if len(groups) > 0 {
		return groups, ec2.CheckInterfaceGroups(r, s, vpc, groups)
	}
	if g, ok := ec2.DefaultSecurityGroup(r, vpc); ok {
		return []string{g.ID}, nil
	}
	return nil, nil
}

// interfaceRequest reads what is asked for: one IPv4 address and no more.
func interfaceRequest(in *CreateNetworkInterfaceInput) (q ec2.InterfaceRequest, err error) {
	if err := refuse(map[string]bool{
		"Ipv4Prefix": len(in.Ipv4Prefixes) > 0 || in.Ipv4PrefixCount != nil, "Ipv6Prefix": len(in.Ipv6Prefixes) > 0 || in.Ipv6PrefixCount != nil,
		"Ipv6Addresses": len(in.Ipv6Addresses) > 0 || wire.Val(in.Ipv6AddressCount) > 0, "EnablePrimaryIpv6": wire.Val(in.EnablePrimaryIpv6),
		"SecondaryPrivateIpAddressCount": wire.Val(in.SecondaryPrivateIpAddressCount) > 0 || len(in.PrivateIpAddresses) > 1,
		"InterfaceType":                  in.InterfaceType != nil && *in.InterfaceType != "interface",
		"Operator":                       in.Operator != nil, "ConnectionTrackingSpecification": in.ConnectionTrackingSpecification != nil,
	}); err != nil {
		return q, err
	}
	q = ec2.InterfaceRequest{ID: ec2.NewInterfaceID(), Subnet: wire.Val(in.SubnetId), Description: wire.Val(in.Description)}
	q.Seed = ec2.AddressSeed(q.ID)
	addr := wire.Val(in.PrivateIpAddress)
	if len(in.PrivateIpAddresses) == 1 {
		if addr != "" {
			return q, ec2.ErrInvalidCombination("The parameter privateIpAddress cannot be used with the parameter privateIpAddresses")
		}
		addr = wire.Val(in.PrivateIpAddresses[0].PrivateIpAddress)
	}
	if addr == "" {
		return q, nil
	}
	if q.Address, err = netip.ParseAddr(addr); err != nil || !q.Address.Is4() {
		return q, ec2.ErrInvalidParameter("Invalid IPv4 address: %s", addr)
	}
	return q, nil
}

// DeleteNetworkInterface implements API.
func (h *Handlers) DeleteNetworkInterface(ctx context.Context, in *DeleteNetworkInterfaceInput) (*DeleteNetworkInterfaceOutput, error) {
	return &DeleteNetworkInterfaceOutput{}, h.changeInterface(ctx, in.DryRun, in.NetworkInterfaceId, ec2.RemoveInterface)
}

// changeInterface finds an interface and changes it.
func (h *Handlers) changeInterface(ctx context.Context, dry *bool, id *string, fn func(*store.Txn, *ec2.NetworkInterface) error) error {
	return h.change(ctx, dry, func(tx *store.Txn, s aws.Scope) error {
		i, err := ec2.FindInterface(tx, s, wire.Val(id))
		if err != nil {
			return err
		}
		return fn(tx, i)
	})
}

// AttachNetworkInterface implements API: there are no instances.
func (h *Handlers) AttachNetworkInterface(ctx context.Context, in *AttachNetworkInterfaceInput) (*AttachNetworkInterfaceOutput, error) {
	return nil, h.changeInterface(ctx, in.DryRun, in.NetworkInterfaceId, func(*store.Txn, *ec2.NetworkInterface) error {
		id := wire.Val(in.InstanceId)
		if !strings.HasPrefix(id, "i-") {
			return ec2.ErrMalformedID("InvalidInstanceID.Malformed", id, "i-")
		}
		return aws.Errorf("InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", id)
	})
}

// DetachNetworkInterface implements API: what is attached is attached by a
// service, and users can't detach it.
func (h *Handlers) DetachNetworkInterface(ctx context.Context, in *DetachNetworkInterfaceInput) (*DetachNetworkInterfaceOutput, error) {
	return nil, h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		if _, err := ec2.FindAttachment(tx, s, wire.Val(in.AttachmentId)); err != nil {
			return err
		}
		return aws.Errorf("OperationNotPermitted", "You are not allowed to manage 'ela-attach' attachments.")
	})
}

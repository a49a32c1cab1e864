package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// ModifyNetworkInterfaceAttribute implements API.
func (h *Handlers) ModifyNetworkInterfaceAttribute(ctx context.Context, in *ModifyNetworkInterfaceAttributeInput) (*ModifyNetworkInterfaceAttributeOutput, error) {
	var description *string
	if in.Description != nil {
		description = wire.Ptr(wire.Val(in.Description.Value))
	}
	given := 0
	for _, is := range []bool{description != nil, in.SourceDestCheck != nil, len(in.Groups) > 0, in.Attachment != nil} {
		if is {
			given++
		}
	}
	switch {
	case in.EnaSrdSpecification != nil:
		return nil, unsupported("EnaSrdSpecification")
	case in.EnablePrimaryIpv6 != nil:
		return nil, unsupported("EnablePrimaryIpv6")
	case in.ConnectionTrackingSpecification != nil:
		return nil, unsupported("ConnectionTrackingSpecification")
	case in.AssociatePublicIpAddress != nil:
		return nil, unsupported("AssociatePublicIpAddress")
	case len(in.AssociatedSubnetIds) > 0:
		return nil, unsupported("AssociatedSubnetIds")
	case given == 0:
		return nil, ec2.ErrInvalidCombination("No attributes specified.")
	case given > 1:
		return nil, ec2.ErrInvalidCombination("Fields for multiple attribute types specified.")
	case in.SourceDestCheck != nil && !wire.Val(in.SourceDestCheck.Value):
		return nil, unsupported("SourceDestCheck=false")
	}
	return &ModifyNetworkInterfaceAttributeOutput{}, h.changeInterface(ctx, in.DryRun, in.NetworkInterfaceId, func(tx *store.Txn, i *ec2.NetworkInterface) error {
		if in.Attachment != nil { // users' interfaces are never attached
			_, err := ec2.FindAttachment(tx, i.Scope, wire.Val(in.Attachment.AttachmentId))
			if err != nil {
				return err
			}
		}
		return ec2.ChangeInterface(tx, i, in.Groups, description)
	})
}

// DescribeNetworkInterfaceAttribute implements API.
func (h *Handlers) DescribeNetworkInterfaceAttribute(ctx context.Context, in *DescribeNetworkInterfaceAttributeInput) (*DescribeNetworkInterfaceAttributeOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	i, err := ec2.FindInterface(r, scope, wire.Val(in.NetworkInterfaceId))
	if err != nil {
		return nil, err
	}
	out := &DescribeNetworkInterfaceAttributeOutput{NetworkInterfaceId: &i.ID}
	switch attribute := wire.Val(in.Attribute); attribute {
	case "description":
		out.Description = &AttributeValue{Value: &i.Description}
	case "groupSet":
		out.Groups = wireGroups(r, i.Groups)
	case "sourceDestCheck":
		out.SourceDestCheck = &AttributeBooleanValue{Value: wire.Ptr(true)}
	case "attachment":
		out.Attachment = wireAttachment(i)
	case "associatePublicIpAddress":
		out.AssociatePublicIpAddress = wire.Ptr(false)
	default:
		return nil, ec2.ErrInvalidParameter("Value (%s) for parameter attribute is invalid. Unknown attribute.", attribute)
	}
	return out, dryRun(in.DryRun)
}

// wireAttachment is what an interface is attached to; nil for nothing.
func wireAttachment(i *ec2.NetworkInterface) *NetworkInterfaceAttachment {
	if i.AttachmentID == "" {
		return nil
	}
	return &NetworkInterfaceAttachment{
		AttachmentId: &i.AttachmentID, AttachTime: &i.CreatedAt, DeleteOnTermination: wire.Ptr(false),
		DeviceIndex: wire.Ptr(int32(1)), NetworkCardIndex: wire.Ptr(int32(0)),
		InstanceOwnerId: wire.Ptr(i.Kind().AttachedBy), Status: wire.Ptr("attached"),
	}
}

// attachmentField is a filter by what the attachment of an interface shows.
func attachmentField(f func(*NetworkInterfaceAttachment) string) func(store.Reader, *ec2.NetworkInterface) []string {
	return interfaceField(func(i *ec2.NetworkInterface) string {
		if a := wireAttachment(i); a != nil {
			return f(a)
		}
		return ""
	})
}

// interfaceStatus is "in-use" for what is attached.
func interfaceStatus(i *ec2.NetworkInterface) string {
	if i.AttachmentID == "" {
		return "available"
	}
	return "in-use"
}

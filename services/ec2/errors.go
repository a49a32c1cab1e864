package ec2

import "kaimon.dev/kaimon/aws"

// Errors of the EC2 API, with the codes and texts of the EC2 API Reference
// ("Error codes for the Amazon EC2 API").

func notFound(code, what, id string) *aws.Error {
	return aws.Errorf(code, "The %s ID '%s' does not exist", what, id)
}

// ErrVPCNotFound says that a VPC does not exist.
func ErrVPCNotFound(id string) *aws.Error { return notFound("InvalidVpcID.NotFound", "vpc", id) }

// ErrSubnetNotFound says that a subnet does not exist.
func ErrSubnetNotFound(id string) *aws.Error {
	return notFound("InvalidSubnetID.NotFound", "subnet", id)
}

// ErrGroupNotFound says that a security group does not exist.
func ErrGroupNotFound(id string) *aws.Error {
	return aws.Errorf("InvalidGroup.NotFound", "The security group '%s' does not exist", id)
}

// ErrInterfaceNotFound says that a network interface does not exist.
func ErrInterfaceNotFound(id string) *aws.Error {
	return notFound("InvalidNetworkInterfaceID.NotFound", "networkInterface", id)
}

// ErrInsufficientAddresses says that a subnet has no free address left.
func ErrInsufficientAddresses(subnet string) *aws.Error {
	return aws.Errorf("InsufficientFreeAddressesInSubnet",
		"The specified subnet does not have enough free addresses to satisfy the request. (subnet %s)", subnet)
}

// ErrPublicAddressesExhausted says that the public pool has no free address left.
func ErrPublicAddressesExhausted() *aws.Error {
	return aws.Errorf("AddressLimitExceeded", "The maximum number of addresses has been reached.")
}

// ErrInvalidParameter says that a parameter's value can't be.
func ErrInvalidParameter(format string, args ...any) *aws.Error {
	return aws.Errorf("InvalidParameterValue", format, args...)
}

// ErrInvalidCombination says that two parameters don't go together.
func ErrInvalidCombination(format string, args ...any) *aws.Error {
	return aws.Errorf("InvalidParameterCombination", format, args...)
}

// ErrFilterLimit says that a filter has too many values.
func ErrFilterLimit() *aws.Error {
	return aws.Errorf("FilterLimitExceeded", "The maximum length for a filter value list is 200")
}

// ErrMissingParameter says that a required parameter was left out.
func ErrMissingParameter(name string) *aws.Error {
	return aws.Errorf("MissingParameter", "The request must contain the parameter %s", name)
}

// ErrDependency says that something still uses a resource.
func ErrDependency(id string) *aws.Error {
	return aws.Errorf("DependencyViolation", "resource %s has a dependent object", id)
}

// ErrRuleNotFound says that a security group rule does not exist.
func ErrRuleNotFound(id string) *aws.Error {
	return notFound("InvalidSecurityGroupRuleId.NotFound", "security group rule", id)
}

// ErrNoSuchRule says that a group has no rule for the traffic.
func ErrNoSuchRule() *aws.Error {
	return aws.Errorf("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
}

// ErrRouteTableNotFound says that a route table does not exist.
func ErrRouteTableNotFound(id string) *aws.Error {
	return notFound("InvalidRouteTableID.NotFound", "routeTable", id)
}

// ErrInternetGatewayNotFound says that an internet gateway does not exist.
func ErrInternetGatewayNotFound(id string) *aws.Error {
	return notFound("InvalidInternetGatewayID.NotFound", "internetGateway", id)
}

// ErrMalformedID says that an ID has not the prefix of its kind.
func ErrMalformedID(code, id, prefix string) *aws.Error {
	return aws.Errorf(code, "Invalid id: \"%s\" (expecting \"%s...\")", id, prefix)
}

package ec2api

import (
	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// vpcOrDefault finds the VPC that a request names, or the default one.
func vpcOrDefault(r store.Reader, s aws.Scope, id string) (*ec2.VPC, error) {
	if id != "" {
		return ec2.FindVPC(r, s, id)
	}
	if v, ok := ec2.DefaultVPC(r, s); ok {
		return v, nil
	}
	return nil, aws.Errorf("VPCIdNotSpecified", "No default VPC for this user")
}

// findGroup finds the group that a request names by ID, or by name in the default VPC.
func findGroup(r store.Reader, s aws.Scope, id, name *string) (*ec2.SecurityGroup, error) {
	switch {
	case id != nil && name != nil:
		return nil, errGroupTwice()
	case id != nil:
		return ec2.FindSecurityGroup(r, s, *id)
	case name == nil:
		return nil, ec2.ErrMissingParameter("groupName or groupId")
	}
	vpc, err := vpcOrDefault(r, s, "")
	if err != nil {
		return nil, err
	}
	if g, ok := ec2.GroupNamed(r, vpc.ID, *name); ok {
		return g, nil
	}
	return nil, aws.Errorf("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC '%s'", *name, vpc.ID)
}

func errGroupTwice() error {
	return ec2.ErrInvalidCombination("The parameter groupName cannot be used with the parameter groupId")
}

func groupARN(g *ec2.SecurityGroup) string {
	return g.Scope.ARN("ec2", "security-group/"+g.ID).String()
}

func ruleARN(r *ec2.SecurityGroupRule) string {
	return r.Scope.ARN("ec2", "security-group-rule/"+r.ID).String()
}

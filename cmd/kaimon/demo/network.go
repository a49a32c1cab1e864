package demo

import (
	"context"
	"errors"
	"fmt"
	"net/url"
)

func (d *Demo) findNetwork(ctx context.Context) error {
	d.step("Find the subnets of the default VPC", "aws ec2 describe-subnets --filters Name=default-for-az,Values=true")
	var out struct {
		Subnets []struct {
			ID   string `xml:"subnetId"`
			VPC  string `xml:"vpcId"`
			CIDR string `xml:"cidrBlock"`
			Zone string `xml:"availabilityZone"`
		} `xml:"subnetSet>item"`
	}
	filter := url.Values{"Filter.1.Name": {"default-for-az"}, "Filter.1.Value.1": {"true"}}
	if err := d.ec2(ctx, "DescribeSubnets", filter, &out); err != nil {
		return err
	}
	if len(out.Subnets) < 2 {
		return errors.New("the region has no two default subnets")
	}
	for _, s := range out.Subnets {
		d.vpc, d.subnets = s.VPC, append(d.subnets, s.ID)
		d.say("%s  %s  %s", s.ID, s.CIDR, s.Zone)
	}
	return nil
}

// openGroups makes the load balancer's security group, which lets everybody in,
// and the tasks', which lets the load balancer in and nobody else.
func (d *Demo) openGroups(ctx context.Context) (err error) {
	d.step("Make a security group for the load balancer, and one for the tasks that lets in the first alone",
		"aws ec2 create-security-group --group-name "+name+" --description \"Kaimon demo\"\n"+
			"aws ec2 authorize-security-group-ingress --group-name "+name+" --protocol tcp --port 80 --cidr 0.0.0.0/0\n"+
			"aws ec2 create-security-group --group-name "+behind+" --description \"Kaimon demo\"\n"+
			"aws ec2 authorize-security-group-ingress --group-name "+behind+" --protocol tcp --port 80 --source-group "+name)
	if d.front, err = d.makeGroup(ctx, name, "IpRanges.1.CidrIp", "0.0.0.0/0"); err != nil {
		return err
	}
	d.back, err = d.makeGroup(ctx, behind, "Groups.1.GroupId", d.front)
	return err
}

// makeGroup makes a group that lets a peer in at port 80.
func (d *Demo) makeGroup(ctx context.Context, group, kind, peer string) (string, error) {
	var made struct {
		ID string `xml:"groupId"`
	}
	if err := d.ec2(ctx, "CreateSecurityGroup", url.Values{"GroupName": {group}, "GroupDescription": {"Kaimon demo"}}, &made); err != nil {
		return "", err
	}
	rule := url.Values{
		"GroupId": {made.ID}, "IpPermissions.1.IpProtocol": {"tcp"},
		"IpPermissions.1.FromPort": {"80"}, "IpPermissions.1.ToPort": {"80"},
		"IpPermissions.1." + kind: {peer},
	}
	if err := d.ec2(ctx, "AuthorizeSecurityGroupIngress", rule, nil); err != nil {
		return "", err
	}
	d.say("%s  %s", made.ID, group)
	return made.ID, nil
}

func findGroup(ctx context.Context, c *Client, group string) (string, error) {
	var out struct {
		Groups []struct {
			ID string `xml:"groupId"`
		} `xml:"securityGroupInfo>item"`
	}
	filter := url.Values{"Filter.1.Name": {"group-name"}, "Filter.1.Value.1": {group}}
	if err := c.ec2(ctx, "DescribeSecurityGroups", filter, &out); err != nil {
		return "", err
	}
	if len(out.Groups) == 0 {
		return "", nil
	}
	return out.Groups[0].ID, nil
}

// list writes values as a Query list: prefix.member.1, prefix.member.2 …
func list(form url.Values, prefix string, values []string) {
	for i, v := range values {
		form.Set(fmt.Sprintf("%s.member.%d", prefix, i+1), v)
	}
}

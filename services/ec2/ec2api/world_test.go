package ec2api

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

const account = "000000000000"

var home = aws.Scope{Account: account, Region: "eu-west-1"}

// world is the handlers over a store of their own, with a caller in eu-west-1.
type world struct {
	*Handlers
	t   testing.TB
	ctx context.Context
	// vpc is the default VPC, group its default group.
	vpc, group string
}

// stopped is a clock that stands still.
type stopped struct{}

func (stopped) Now() time.Time { return time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC) }

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, Handlers: &Handlers{
		Store: store.OpenMemory(ec2.Tables()...), Clock: stopped{}, PublicPool: netip.MustParsePrefix("100.64.0.0/24"),
	}, ctx: in(t.Context(), home)}
	t.Cleanup(func() { w.Store.Close() })
	w.vpc = *first(t, must(w.DescribeVpcs(w.ctx, &DescribeVpcsInput{}))(t).Vpcs).VpcId
	g, _ := ec2.DefaultSecurityGroup(w.Store.Snapshot(), w.vpc)
	w.group = g.ID
	return w
}

func in(ctx context.Context, s aws.Scope) context.Context {
	return aws.WithCaller(ctx, aws.Caller{Account: s.Account, Region: s.Region})
}

// must takes an answer and fails the test on an error.
func must[T any](out T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// refused fails the test unless the error has the code and, within its message, the text.
func refused(t testing.TB, err error, code, text string) {
	t.Helper()
	e, ok := aws.AsError(err)
	if !ok || e.Code != code || !strings.Contains(e.Message, text) {
		t.Errorf("got error %v, want %s: …%s…", err, code, text)
	}
}

func first[T any](t testing.TB, list []T) T {
	t.Helper()
	if len(list) == 0 {
		t.Fatal("an empty list")
	}
	return list[0]
}

func p[T any](v T) *T { return &v }

func filter(name string, values ...string) Filter { return Filter{Name: &name, Values: values} }

func (w *world) update(fn func(tx *store.Txn) error) {
	w.t.Helper()
	if err := w.Store.Update(w.ctx, fn); err != nil {
		w.t.Fatal(err)
	}
}

// secondVPC is one that is not the default one, with a subnet and no groups.
func (w *world) secondVPC() string {
	w.t.Helper()
	w.update(func(tx *store.Txn) error {
		ec2.VPCs.Put(tx, ec2.VPC{ID: "vpc-second", Scope: home, CIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16")}, DNSSupport: true})
		ec2.Subnets.Put(tx, ec2.Subnet{ID: "subnet-second", Scope: home, VPC: "vpc-second", CIDR: netip.MustParsePrefix("10.0.1.0/24"), Zone: "eu-west-1b"})
		return nil
	})
	return "vpc-second"
}

// newGroup makes a group in a VPC, the default one when it is "".
func (w *world) newGroup(vpc, name string) string {
	w.t.Helper()
	return *must(w.CreateSecurityGroup(w.ctx, &CreateSecurityGroupInput{
		GroupName: &name, Description: p("made by a test"), VpcId: wire.Optional(vpc),
	}))(w.t).GroupId
}

// newInterface makes an interface in a subnet, with a public address if asked.
func (w *world) newInterface(subnet string, public bool, groups ...string) *ec2.NetworkInterface {
	w.t.Helper()
	q := ec2.InterfaceRequest{
		ID: ec2.NewInterfaceID(), Subnet: subnet, Groups: groups, Description: "of a test",
		Owner: "arn:aws:ecs:eu-west-1:" + account + ":task/default/of-a-test",
		At:    time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC),
	}
	if public {
		q.PublicPool = w.PublicPool
	}
	var made *ec2.NetworkInterface
	w.update(func(tx *store.Txn) (err error) {
		made, err = ec2.AllocateInterface(tx, home, q)
		return err
	})
	return made
}

func (w *world) subnet(zone string) Subnet {
	w.t.Helper()
	return first(w.t, must(w.DescribeSubnets(w.ctx, &DescribeSubnetsInput{Filters: []Filter{filter("availability-zone", zone)}}))(w.t).Subnets)
}

// allow authorises TCP from a port to anywhere, and returns the rule.
func (w *world) allow(group string, port int32) SecurityGroupRule {
	w.t.Helper()
	return first(w.t, must(w.AuthorizeSecurityGroupIngress(w.ctx, &AuthorizeSecurityGroupIngressInput{
		GroupId: &group, IpProtocol: p("tcp"), FromPort: &port, ToPort: &port, CidrIp: p("0.0.0.0/0"),
	}))(w.t).SecurityGroupRules)
}

// groupIDs are the IDs that DescribeSecurityGroups answers with, in order.
func (w *world) groupIDs(in *DescribeSecurityGroupsInput) []string {
	w.t.Helper()
	return ids(must(w.DescribeSecurityGroups(w.ctx, in))(w.t).SecurityGroups, func(g SecurityGroup) *string { return g.GroupId })
}

func ids[T any](list []T, id func(T) *string) []string {
	out := []string{}
	for _, v := range list {
		out = append(out, wire.Val(id(v)))
	}
	return out
}

func sorted(s ...string) []string { return slices.Sorted(slices.Values(s)) }

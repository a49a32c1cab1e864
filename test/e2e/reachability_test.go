package e2e

import (
	stdcontext "context"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/test/live"
)

// reachability is the network of two zones with a task in each of its places.
type reachability struct {
	*zones
	*client
	server *live.Server
	places map[string]*place
}

// TestReachability holds that the network of two zones carries traffic exactly
// where it should: from every place to every other, on every port that anybody
// listens on, by real connections from inside the tasks. What the other end
// sees is part of it. The table is the same after the server's death, and for
// tasks that take the place of others.
func TestReachability(t *testing.T) {
	s := newServer(t)
	s.PublicCIDR = "198.51.100.128/25" // which the internet routes here
	startInternet(t)
	startRegistry(t)
	if _, err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := &reachability{zones: newZones(t, s), client: newClient(t, s), server: s, places: map[string]*place{}}
	internet := must(vpc.OpenNetNS("/run/netns/internet"))(t)
	t.Cleanup(func() { internet.Close() })
	r.places["internet"] = &place{ns: internet, public: internetAddress}
	for name, in := range tasksOfZones {
		r.run(t, name, in)
	}
	r.check(t, "at first")

	// A rule that goes leaves the connections that it let in.
	old := r.open(t, "app-b", r.places["db-b"].private+":5432")
	rule := []types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(5432), ToPort: aws.Int32(5432),
		UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: aws.String(r.groups["app"])}}}}
	must(r.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{GroupId: aws.String(r.groups["db"]), IpPermissions: rule}))(t)
	r.await(t, "app-a", r.places["db-b"].private+":5432", false)
	if err := echo(old, "after the rule"); err != nil {
		t.Errorf("a tracked connection: %v", err)
	}
	must(r.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{GroupId: aws.String(r.groups["db"]), IpPermissions: rule}))(t)
	r.await(t, "app-a", r.places["db-b"].private+":5432", true)

	// Nobody is at the controls, and then somebody is again.
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	r.check(t, "while no server runs")
	if _, err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"app-a", "web-a"} {
		r.replace(t, name)
	}
	if err := echo(old, "after the server's death"); err != nil {
		t.Errorf("an open connection: %v", err)
	}
	r.check(t, "with other tasks")
	if err := s.Down(t.Context()); err != nil {
		t.Error(err)
	}
	if out, _ := exec.Command("ip", "route", "show", "proto", "75").CombinedOutput(); len(out) > 0 {
		t.Errorf("kaimon down left routes: %s", out)
	}
}

// tasksOfZones are the tasks by name, with subnet and group.
var tasksOfZones = map[string][2]string{
	"web-a": {"public-a", "web"}, "web-b": {"public-b", "web"},
	"app-a": {"private-a", "app"}, "app-b": {"private-b", "app"},
	"db-b": {"private-b", "db"}, "lone": {"isolated", "app"},
}

// expected are all connections that come about, as "from > to sees whom"; names
// of tasks stand for their private addresses, +name for the public one.
var expected = []string{
	// Within the VPC, by group; no gateway hides who asks.
	"web-a > web-b:80 sees web-a", "app-a > web-a:80 sees app-a", "app-b > web-a:80 sees app-b", "lone > web-a:80 sees lone",
	"web-b > web-a:80 sees web-b", "app-a > web-b:80 sees app-a", "app-b > web-b:80 sees app-b", "lone > web-b:80 sees lone",
	"web-a > app-a:8080 sees web-a", "web-a > app-b:8080 sees web-a", "web-a > lone:8080 sees web-a",
	"web-b > app-a:8080 sees web-b", "web-b > app-b:8080 sees web-b", "web-b > lone:8080 sees web-b",
	"app-a > db-b:5432 sees app-a", "app-b > db-b:5432 sees app-b", "lone > db-b:5432 sees lone",
	"app-a > app-b:7000/udp sees app-a", "app-a > lone:7000/udp sees app-a", "app-b > app-a:7000/udp sees app-b",
	"app-b > lone:7000/udp sees app-b", "lone > app-a:7000/udp sees lone", "lone > app-b:7000/udp sees lone",
	// Outward: by the task's own address, by the NAT gateway's, or not at all.
	"web-a > +internet:80 sees +web-a", "web-b > +internet:80 sees +web-b",
	"app-a > +internet:80 sees fixed", "app-b > +internet:80 sees fixed",
	// To public addresses, by the same ways, and in from the internet.
	"web-a > +web-b:80 sees +web-a", "app-a > +web-a:80 sees fixed", "app-b > +web-a:80 sees fixed", "internet > +web-a:80 sees +internet",
	"web-b > +web-a:80 sees +web-b", "app-a > +web-b:80 sees fixed", "app-b > +web-b:80 sees fixed", "internet > +web-b:80 sees +internet",
	// The platform: S3 also by the endpoint, the other APIs as AWS's are reached.
	"web-a > s3", "web-b > s3", "app-a > s3", "app-b > s3", "lone > s3",
	"web-a > api", "web-b > api", "app-a > api", "app-b > api",
}

// check tries everything from everywhere, at once.
func (r *reachability) check(t *testing.T, when string) {
	t.Helper()
	names := map[string]string{r.fixed: "fixed"}
	to := map[string]string{} // address:port by name
	for name, p := range r.places {
		names[p.private], names[p.public] = name, "+"+name
		for _, port := range []string{"80", "8080", "5432", "7000/udp"} {
			if p.private != "" {
				to[name+":"+port] = p.private + ":" + port
			}
			if p.public != "" {
				to["+"+name+":"+port] = p.public + ":" + port
			}
		}
	}
	pool := netip.MustParsePrefix(r.server.PublicCIDR)
	_, port, _ := net.SplitHostPort(r.server.Listen)
	to["fixed:80"], to["fixed:8080"] = r.fixed+":80", r.fixed+":8080"
	to["api"], to["s3"] = vpc.HostAddress(pool).String()+":"+port, vpc.StorageAddress(pool).String()+":"+port
	var mu sync.Mutex
	var got []string
	var tries sync.WaitGroup
	for from, p := range r.places {
		for name, address := range to {
			if strings.TrimPrefix(strings.Split(name, ":")[0], "+") == from {
				continue
			}
			tries.Go(func() {
				seen, err := p.ask(address, silence)
				if err != nil {
					return
				}
				line := from + " > " + name
				if seen != "" {
					line += " sees " + names[seen]
				}
				mu.Lock()
				defer mu.Unlock()
				got = append(got, line)
			})
		}
	}
	tries.Wait()
	want := slices.Clone(expected)
	if !r.server.Running() {
		want = slices.DeleteFunc(want, func(line string) bool { return strings.HasSuffix(line, " s3") || strings.HasSuffix(line, " api") })
	}
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s, expected and found differ (of %d tries):\n%s", when, len(r.places)*len(to), d)
	}
}

// run runs a task and listens inside on every port.
func (r *reachability) run(t *testing.T, name string, in [2]string) {
	t.Helper()
	request := r.request()
	public := ecstypes.AssignPublicIpDisabled
	if strings.HasPrefix(in[0], "public") {
		public = ecstypes.AssignPublicIpEnabled
	}
	request.NetworkConfiguration.AwsvpcConfiguration = &ecstypes.AwsVpcConfiguration{
		Subnets: []string{r.subnets[in[0]]}, SecurityGroups: []string{r.groups[in[1]]}, AssignPublicIp: public,
	}
	request.Group = &name
	arn := *must(r.RunTask(t.Context(), request))(t).Tasks[0].TaskArn
	task := r.client.await(t, []string{arn}, "RUNNING")[arn]
	p := &place{private: address(task)}
	for _, d := range task.Attachments[0].Details {
		if *d.Name == "networkInterfaceId" {
			p.eni = *d.Value
		}
	}
	described := must(r.DescribeNetworkInterfaces(t.Context(), &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{p.eni}}))(t)
	if a := described.NetworkInterfaces[0].Association; a != nil {
		p.public = *a.PublicIp
	}
	p.ns = must(r.server.Inside(p.eni))(t)
	t.Cleanup(func() { p.ns.Close() })
	for _, port := range []uint16{80, 8080, 5432} {
		p.serve(t, port)
	}
	p.serveUDP(t, 7000)
	r.places[name] = p
}

// replace stops a task and runs another in its place.
func (r *reachability) replace(t *testing.T, name string) {
	t.Helper()
	arn := must(r.ListTasks(t.Context(), &ecs.ListTasksInput{}))(t).TaskArns
	for _, task := range r.describe(t, arn) {
		if *task.Group == name {
			must(r.StopTask(t.Context(), &ecs.StopTaskInput{Task: task.TaskArn}))(t)
			r.client.await(t, []string{*task.TaskArn}, "STOPPED")
		}
	}
	r.run(t, name, tasksOfZones[name])
}

// open connects and keeps the connection.
func (r *reachability) open(t *testing.T, from, to string) net.Conn {
	t.Helper()
	ctx, cancel := stdcontext.WithTimeout(t.Context(), patience)
	defer cancel()
	c := must(r.places[from].ns.DialTCP(ctx, netip.MustParseAddrPort(to)))(t)
	t.Cleanup(func() { c.Close() })
	if _, err := io.ReadFull(c, make([]byte, len("seen ")+len(r.places[from].private)+1)); err != nil {
		t.Fatal(err)
	}
	return c
}

// await waits until a change of rules has taken effect.
func (r *reachability) await(t *testing.T, from, to string, reached bool) {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < patience; {
		if _, err := r.places[from].ask(to, silence/4); (err == nil) == reached {
			return
		}
	}
	t.Fatalf("%s > %s: never %t", from, to, reached)
}

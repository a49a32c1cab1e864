package demo

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"kaimon.dev/kaimon/internal/clock"
)

// answers is a server that answers each action with the next of its texts; the
// last one stays.
type answers struct {
	mu     sync.Mutex
	t      *testing.T
	texts  map[string][]string
	status map[string]int
	calls  []string
}

// samplePage is what the service shows.
const samplePage = "<dt>Version</dt><dd>7</dd>"

func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Host == "demo.elb.localhost" {
		_, _ = io.WriteString(w, samplePage)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKID/") {
		a.t.Errorf("unsigned call: %s", r.Header.Get("Authorization"))
	}
	body, _ := io.ReadAll(r.Body)
	action := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AmazonEC2ContainerServiceV20141113.")
	if action == "" {
		_, after, _ := strings.Cut(string(body), "Action=")
		action, _, _ = strings.Cut(after, "&")
	} else if !json.Valid(body) {
		a.t.Errorf("%s: body %q", action, body)
	}
	a.calls = append(a.calls, action)
	if status := a.status[action]; status != 0 {
		w.WriteHeader(status)
	}
	texts := a.texts[action]
	if len(texts) == 0 {
		_, _ = io.WriteString(w, "{}")
		return
	}
	_, _ = io.WriteString(w, texts[0])
	if len(texts) > 1 {
		a.texts[action] = texts[1:]
	}
}

func client(t *testing.T, a *answers) (*Client, *Progress, *strings.Builder) {
	t.Helper()
	a.t = t
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	out := &strings.Builder{}
	return &Client{Endpoint: server.URL, AccessKeyID: "AKID", SecretAccessKey: "secret", Region: "us-east-1", HTTP: server.Client(), Clock: clock.System{}},
		&Progress{Out: out, Clock: clock.System{}}, out
}

// sequence answers as a server does for which all goes well.
func sequence() map[string][]string {
	at := func(definition string, events ...string) string {
		text := `{"services":[{"status":"ACTIVE","taskDefinition":"arn:td/kaimon-demo:` + definition + `","runningCount":3,"deployments":[{"rolloutState":"COMPLETED"}],"events":[`
		for i, e := range events {
			if i > 0 {
				text += ","
			}
			text += `{"id":"` + e + `","message":"` + e + `"}`
		}
		return text + `]}]}`
	}
	return map[string][]string{
		"DescribeSecurityGroups": {`<r></r>`},
		"DescribeSubnets":        {`<r><subnetSet><item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId></item><item><subnetId>subnet-2</subnetId><vpcId>vpc-1</vpcId></item></subnetSet></r>`},
		"CreateSecurityGroup":    {`<r><groupId>sg-1</groupId></r>`, `<r><groupId>sg-2</groupId></r>`},
		"CreateLoadBalancer":     {`<r><CreateLoadBalancerResult><LoadBalancers><member><LoadBalancerArn>arn:lb</LoadBalancerArn><DNSName>demo.elb.localhost</DNSName></member></LoadBalancers></CreateLoadBalancerResult></r>`},
		"CreateTargetGroup":      {`<r><CreateTargetGroupResult><TargetGroups><member><TargetGroupArn>arn:tg</TargetGroupArn></member></TargetGroups></CreateTargetGroupResult></r>`},
		"CreateListener":         {`<r/>`},
		"RegisterTaskDefinition": {`{"taskDefinition":{"taskDefinitionArn":"arn:td/kaimon-demo:1"}}`},
		"DescribeServices": {
			`{"services":[{"deployments":[{"rolloutState":"IN_PROGRESS"}],"events":[{"id":"1","message":"started 3 tasks"}]}]}`,
			at("1", "steady", "1"), // created
			at("1", "steady", "1"), // before the deploy
			at("2", "deployed", "steady", "1"),
			at("2", "rolled back", "deployed", "steady", "1"),
			at("1", "steady again"),
		},
	}
}

func TestRun(t *testing.T) {
	c, p, out := client(t, &answers{texts: sequence()})
	d := New(c, p)
	page, err := d.Run(t.Context())
	if err != nil || page != samplePage {
		t.Fatalf("%q, %v", page, err)
	}
	for _, want := range []string{
		"aws ecs create-service", "sg-2", "demo.elb.localhost", "started 3 tasks", "steady", "it runs kaimon-demo:2 again",
		"rolled back", "--task-definition kaimon-demo:1", "0 failed",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the user isn't shown %q:\n%s", want, out)
		}
	}
	if n := strings.Count(out.String(), "started 3 tasks"); n != 1 {
		t.Errorf("an event is shown %d times", n)
	}
	if !strings.HasPrefix(d.URL(), "http://demo.elb.localhost:") {
		t.Errorf("URL %s", d.URL())
	}
}

// TestRunAgain holds that what an earlier run left goes first.
func TestRunAgain(t *testing.T) {
	texts := sequence()
	texts["DescribeSecurityGroups"] = []string{`<r><securityGroupInfo><item><groupId>sg-0</groupId></item></securityGroupInfo></r>`}
	texts["DescribeServices"] = append([]string{`{"services":[{"status":"INACTIVE"}]}`}, texts["DescribeServices"]...)
	texts["DescribeLoadBalancers"], texts["DescribeTargetGroups"], texts["DeleteSecurityGroup"] = []string{`<r/>`}, []string{`<r/>`}, []string{`<r/>`}
	a := &answers{texts: texts}
	c, p, _ := client(t, a)
	if _, err := New(c, p).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	called := strings.Join(a.calls, " ")
	if deleted, made := strings.Index(called, "DeleteCluster"), strings.Index(called, "CreateCluster"); deleted < 0 || deleted > made {
		t.Errorf("called %s", called)
	}
}

func TestRunSaysWhyNot(t *testing.T) {
	for name, test := range map[string]struct {
		action, text string
		status       int
		want         string
	}{
		"refused":       {"CreateCluster", `{"__type":"com.amazonaws#AccessDenied","message":"no"}`, 400, "AccessDenied: no"},
		"no subnets":    {"DescribeSubnets", `<r></r>`, 0, "no two default subnets"},
		"EC2 refuses":   {"DescribeSubnets", `<r><Errors><Error><Code>AuthFailure</Code><Message>bad key</Message></Error></Errors></r>`, 401, "AuthFailure: bad key"},
		"ELB refuses":   {"CreateLoadBalancer", `<r><Error><Code>DuplicateLoadBalancerName</Code><Message>taken</Message></Error></r>`, 400, "DuplicateLoadBalancerName: taken"},
		"it is gone":    {"DescribeServices", `{"services":[]}`, 0, "gone"},
		"not a service": {"CreateService", `{"__type":"InvalidParameterException","message":"no such group"}`, 400, "no such group"},
	} {
		t.Run(name, func(t *testing.T) {
			texts := sequence()
			texts[test.action] = []string{test.text}
			c, p, _ := client(t, &answers{texts: texts, status: map[string]int{test.action: test.status}})
			if _, err := New(c, p).Run(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestRunHoldsTheRollback holds that a bad deploy that stays is an error.
func TestRunHoldsTheRollback(t *testing.T) {
	texts := sequence()
	all := texts["DescribeServices"]
	texts["DescribeServices"] = []string{all[0], all[1], all[2], all[3], strings.ReplaceAll(all[4], "kaimon-demo:2", "kaimon-demo:3")}
	c, p, _ := client(t, &answers{texts: texts})
	if _, err := New(c, p).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "kaimon-demo:3 after the bad deploy") {
		t.Errorf("got %v", err)
	}
}

func TestCleanOfNothing(t *testing.T) {
	a := &answers{
		texts: map[string][]string{
			"DeleteService":          {`{"__type":"ClusterNotFoundException","message":"Cluster not found."}`},
			"DescribeLoadBalancers":  {`<r><Error><Code>LoadBalancerNotFound</Code></Error></r>`},
			"DescribeTargetGroups":   {`<r><Error><Code>TargetGroupNotFound</Code></Error></r>`},
			"DeleteCluster":          {`{"__type":"ClusterNotFoundException","message":"Cluster not found."}`},
			"DescribeSecurityGroups": {`<r></r>`},
		},
		status: map[string]int{"DeleteService": 400, "DescribeLoadBalancers": 400, "DescribeTargetGroups": 400, "DeleteCluster": 400},
	}
	c, p, _ := client(t, a)
	if err := Clean(t.Context(), c, p); err != nil {
		t.Fatal(err)
	}
}

func TestClean(t *testing.T) {
	a := &answers{texts: map[string][]string{
		"DescribeServices":       {`{"services":[{"status":"DRAINING"}]}`, `{"services":[{"status":"INACTIVE"}]}`},
		"DescribeLoadBalancers":  {`<r><DescribeLoadBalancersResult><LoadBalancers><member><LoadBalancerArn>arn:lb</LoadBalancerArn></member></LoadBalancers></DescribeLoadBalancersResult></r>`},
		"DescribeTargetGroups":   {`<r><DescribeTargetGroupsResult><TargetGroups><member><TargetGroupArn>arn:tg</TargetGroupArn></member></TargetGroups></DescribeTargetGroupsResult></r>`},
		"ListTaskDefinitions":    {`{"taskDefinitionArns":["arn:td:1"]}`},
		"DescribeSecurityGroups": {`<r><securityGroupInfo><item><groupId>sg-1</groupId></item></securityGroupInfo></r>`},
		"DeleteSecurityGroup":    {`<r/>`},
	}}
	c, p, _ := client(t, a)
	if err := Clean(t.Context(), c, p); err != nil {
		t.Fatal(err)
	}
	called := strings.Join(a.calls, " ")
	for _, want := range []string{
		"DeleteService", "DeleteLoadBalancer", "DeleteTargetGroup", "DeregisterTaskDefinition", "DeleteTaskDefinitions",
		"DeleteSecurityGroup DescribeSecurityGroups DeleteSecurityGroup", "DeleteCluster",
	} {
		if !strings.Contains(called, want) {
			t.Errorf("%s was not called: %s", want, called)
		}
	}
}

// TestFetchWaits holds that a load balancer that knows its target a moment later
// is found, and one that never does is not waited for.
func TestFetchWaits(t *testing.T) {
	tries := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "demo.elb.localhost" {
			t.Errorf("host %s", r.Host)
		}
		if tries++; tries < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "hello")
	}))
	defer server.Close()
	d := New(&Client{Endpoint: server.URL, HTTP: server.Client()}, &Progress{Out: io.Discard, Clock: clock.System{}})
	d.dns = "demo.elb.localhost"
	if err := d.fetch(t.Context()); err != nil || d.page != "hello" {
		t.Errorf("%q, %v", d.page, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	d.Endpoint = "http://127.0.0.1:1"
	if err := d.fetch(ctx); err == nil {
		t.Error("a closed port answered")
	}
}

func TestLoadReport(t *testing.T) {
	l := &load{answered: map[string]int{}}
	l.count(samplePage, nil)
	l.count(samplePage, nil)
	l.count("", io.ErrUnexpectedEOF)
	if got := l.report(); got != "3 requests meanwhile: 2 by version 7, 1 failed (unexpected EOF)" {
		t.Errorf("got %q", got)
	}
	if got := l.report(); !strings.HasPrefix(got, "0 requests") {
		t.Errorf("a second report: %q", got)
	}
}

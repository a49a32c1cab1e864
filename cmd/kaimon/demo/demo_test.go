package demo

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/internal/clock"
)

// answers is a server that answers each action with the next of its texts; the
// last one stays.
type answers struct {
	t      *testing.T
	texts  map[string][]string
	status map[string]int
	calls  []string
}

func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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

func deployable() map[string][]string {
	return map[string][]string{
		"DescribeSubnets":           {`<r><subnetSet><item><subnetId>subnet-1</subnetId></item></subnetSet></r>`},
		"CreateSecurityGroup":       {`<r><groupId>sg-1</groupId></r>`},
		"RegisterTaskDefinition":    {`{"taskDefinition":{"taskDefinitionArn":"arn:td:1"}}`},
		"RunTask":                   {`{"tasks":[{"taskArn":"arn:task/1"}]}`},
		"DescribeTasks":             {`{"tasks":[{"lastStatus":"PENDING"}]}`, `{"tasks":[{"lastStatus":"RUNNING","attachments":[{"details":[{"name":"networkInterfaceId","value":"eni-1"}]}]}]}`},
		"DescribeNetworkInterfaces": {`<r><networkInterfaceSet><item><association><publicIp>192.0.2.1</publicIp></association></item></networkInterfaceSet></r>`},
	}
}

func TestDeploy(t *testing.T) {
	c, p, out := client(t, &answers{texts: deployable()})
	url, err := Deploy(t.Context(), c, p)
	if err != nil || url != "http://192.0.2.1/" {
		t.Fatalf("%q, %v", url, err)
	}
	for _, want := range []string{"aws ecs run-task", "sg-1", "PENDING", "RUNNING", "192.0.2.1"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the user isn't shown %q:\n%s", want, out)
		}
	}
}

func TestDeploySaysWhyNot(t *testing.T) {
	for name, test := range map[string]struct {
		action, text string
		status       int
		want         string
	}{
		"refused":     {"CreateCluster", `{"__type":"com.amazonaws#AccessDenied","message":"no"}`, 400, "AccessDenied: no"},
		"no subnet":   {"DescribeSubnets", `<r></r>`, 0, "no default subnet"},
		"EC2 refuses": {"DescribeSubnets", `<r><Errors><Error><Code>AuthFailure</Code><Message>bad key</Message></Error></Errors></r>`, 401, "AuthFailure: bad key"},
		"no task":     {"RunTask", `{"failures":[{"reason":"CAPACITY"}]}`, 0, "CAPACITY"},
		"it stopped":  {"DescribeTasks", `{"tasks":[{"lastStatus":"STOPPED","stoppedReason":"Task failed to start","containers":[{"reason":"CannotPull"}]}]}`, 0, "CannotPull"},
		"it is gone":  {"DescribeTasks", `{"tasks":[]}`, 0, "gone"},
		"no address":  {"DescribeNetworkInterfaces", `<r></r>`, 0, "no public address"},
	} {
		t.Run(name, func(t *testing.T) {
			texts := deployable()
			texts[test.action] = []string{test.text}
			c, p, _ := client(t, &answers{texts: texts, status: map[string]int{test.action: test.status}})
			if _, err := Deploy(t.Context(), c, p); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestCleanOfNothing(t *testing.T) {
	gone := `{"__type":"ClusterNotFoundException","message":"Cluster not found."}`
	a := &answers{
		texts:  map[string][]string{"ListTasks": {gone}, "DeleteCluster": {gone}, "DescribeSecurityGroups": {`<r></r>`}},
		status: map[string]int{"ListTasks": 400, "DeleteCluster": 400},
	}
	c, p, _ := client(t, a)
	if err := Clean(t.Context(), c, p); err != nil {
		t.Fatal(err)
	}
}

func TestClean(t *testing.T) {
	a := &answers{texts: map[string][]string{
		"ListTasks":              {`{"taskArns":["arn:task/1"]}`},
		"DescribeTasks":          {`{"tasks":[{"lastStatus":"STOPPING"}]}`, `{"tasks":[{"lastStatus":"STOPPED"}]}`},
		"ListTaskDefinitions":    {`{"taskDefinitionArns":["arn:td:1"]}`},
		"DescribeSecurityGroups": {`<r><securityGroupInfo><item><groupId>sg-1</groupId></item></securityGroupInfo></r>`},
		"DeleteSecurityGroup":    {`<r/>`},
	}}
	c, p, _ := client(t, a)
	if err := Clean(t.Context(), c, p); err != nil {
		t.Fatal(err)
	}
	called := strings.Join(a.calls, " ")
	for _, want := range []string{"StopTask", "DeregisterTaskDefinition", "DeleteTaskDefinitions", "DeleteSecurityGroup", "DeleteCluster"} {
		if !strings.Contains(called, want) {
			t.Errorf("%s was not called: %s", want, called)
		}
	}
}

// TestFetchWaitsForTheProcess holds that a service that listens a moment later is found.
func TestFetchWaitsForTheProcess(t *testing.T) {
	tries := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if tries++; tries < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "hello")
	}))
	defer server.Close()
	p := &Progress{Out: io.Discard, Clock: clock.System{}}
	page, err := Fetch(t.Context(), server.Client(), p, server.URL)
	if err != nil || page != "hello" {
		t.Errorf("%q, %v", page, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Fetch(ctx, server.Client(), p, "http://127.0.0.1:1/"); err == nil {
		t.Error("a closed port answered")
	}
}

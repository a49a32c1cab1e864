package e2e

import (
	stdcontext "context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"kaimon.dev/kaimon/test/live"
)

// callCommand is call OPERATION BODY. It takes the key from the environment, so
// that a script may spoil it.
func callCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: call OPERATION BODY")
	}
	if operation, ok := strings.CutPrefix(args[0], "ec2:"); ok {
		callEC2Command(ts, neg, operation, args[1])
		return
	}
	status, body, err := access(ts).Call(context(), args[0], args[1])
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%d %s\n", status, body)
	if (status >= 400) != neg {
		ts.Fatalf("HTTP status %d", status)
	}
}

func access(ts *testscript.TestScript) live.Access {
	return live.Access{
		Endpoint:    ts.Getenv("ENDPOINT"),
		AccessKeyID: ts.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: ts.Getenv("AWS_SECRET_ACCESS_KEY"),
	}
}

// rank orders the states that a task goes through.
var rank = map[string]int{
	"PROVISIONING": 0, "PENDING": 1, "ACTIVATING": 2, "RUNNING": 3,
	"DEACTIVATING": 4, "STOPPING": 5, "DEPROVISIONING": 6, "STOPPED": 7,
}

// waitTaskCommand is wait-task STATUS TASK; HEALTHY and UNHEALTHY are statuses
// too. A task that is past the status won't have it any more.
func waitTaskCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: wait-task STATUS TASK")
	}
	want, task := args[0], args[1]
	cluster := "default"
	if parts := strings.Split(task, "/"); len(parts) == 3 {
		cluster = parts[1]
	}
	in, err := json.Marshal(map[string]any{"cluster": cluster, "tasks": []string{task}})
	ts.Check(err)
	var last string
	for range 3000 {
		_, body, err := access(ts).Call(context(), "DescribeTasks", string(in))
		ts.Check(err)
		var out struct {
			Tasks []struct{ LastStatus, HealthStatus string }
		}
		ts.Check(json.Unmarshal([]byte(body), &out))
		if len(out.Tasks) == 0 {
			ts.Fatalf("no such task: %s", body)
		}
		if last = out.Tasks[0].LastStatus; last == want || out.Tasks[0].HealthStatus == want {
			fmt.Fprintln(ts.Stdout(), body)
			return
		}
		if past, ok := rank[want]; last == "STOPPED" || ok && rank[last] > past {
			fmt.Fprintln(ts.Stdout(), body)
			ts.Fatalf("the task is %s", last)
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("the task is still %s", last)
}

// jsonCommand is json PATH [EXPRESSION].
func jsonCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 && len(args) != 2 {
		ts.Fatalf("usage: json PATH [EXPRESSION]")
	}
	value, found := find(ts, args[0])
	if len(args) == 1 {
		if found == neg {
			ts.Fatalf("%s: found %t, value %q", args[0], found, value)
		}
		return
	}
	re, err := regexp.Compile("^(?s:" + args[1] + ")$")
	ts.Check(err)
	if matched := found && re.MatchString(value); matched == neg {
		ts.Fatalf("%s is %q", args[0], value)
	}
}

// setvarCommand is setvar NAME [PATH].
func setvarCommand(ts *testscript.TestScript, neg bool, args []string) {
	switch {
	case neg || len(args) != 1 && len(args) != 2:
		ts.Fatalf("usage: setvar NAME [PATH]")
	case len(args) == 1:
		ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
	default:
		value, found := find(ts, args[1])
		if !found {
			ts.Fatalf("%s: not found", args[1])
		}
		ts.Setenv(args[0], value)
	}
}

// find returns what is at a path of the JSON on stdout: a string or number as
// it is, anything else as JSON. What isn't there and null are the same.
func find(ts *testscript.TestScript, path string) (string, bool) {
	return lookUp(ts, ts.ReadFile("stdout"), path)
}

// lookUp is find for a text.
func lookUp(ts *testscript.TestScript, text, path string) (string, bool) {
	// After call, the status comes before the body.
	if i := strings.IndexAny(text, "{["); i >= 0 {
		text = text[i:]
	}
	var value any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	ts.Check(d.Decode(&value))
	for _, key := range strings.Split(path, ".") {
		value = step(value, key)
	}
	switch v := value.(type) {
	case nil:
		return "", false
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	}
	out, err := json.Marshal(value)
	ts.Check(err)
	return string(out), true
}

// step returns the member or element of a value that a key names, or nil.
func step(value any, key string) any {
	switch v := value.(type) {
	case map[string]any:
		return v[key]
	case []any:
		if name, want, ok := strings.Cut(key, "="); ok {
			for _, e := range v {
				if m, ok := e.(map[string]any); ok && fmt.Sprint(m[name]) == want {
					return m
				}
			}
			return nil
		}
		if i, err := strconv.Atoi(key); err == nil && i < len(v) {
			return v[i]
		}
		if key == "length" {
			return json.Number(strconv.Itoa(len(v)))
		}
	}
	return nil
}

// getCommand is get URL: rules and programs take effect in a moment, so it asks
// again until the answer is what it should be. As for browsers and curl, names
// below localhost are this machine (RFC 6761).
func getCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: get URL")
	}
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true, DialContext: dial}}
	var body string
	var err error
	for begun := time.Now(); time.Since(begun) < 15*time.Second; time.Sleep(20 * time.Millisecond) {
		if body, err = fetch(client, args[0]); (err != nil) == neg {
			fmt.Fprint(ts.Stdout(), body)
			return
		}
	}
	ts.Fatalf("%s: %q, %v", args[0], body, err)
}

func dial(ctx stdcontext.Context, network, address string) (net.Conn, error) {
	if host, port, err := net.SplitHostPort(address); err == nil && strings.HasSuffix(host, ".localhost") {
		address = net.JoinHostPort("127.0.0.1", port)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

func fetch(client *http.Client, url string) (string, error) {
	resp, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %s", resp.Status)
	}
	return string(body), err
}

package engine

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// addGroup adds a target group with one target that answers with its name.
func (w *world) addGroup(name string) {
	a := named(w.t, name)
	w.config.TargetGroups = append(w.config.TargetGroups, proxy.TargetGroup{
		ID: name, Protocol: proxy.HTTP, Targets: []proxy.Target{{Address: a.Addr(), Port: a.Port()}},
	})
}

func TestRules(t *testing.T) {
	w := newWorld(t, named(t, "web"))
	w.addGroup("api")
	path := func(p string) []proxy.Condition {
		return []proxy.Condition{{Field: proxy.PathPattern, Values: []string{p}}}
	}
	w.listener().Rules = []proxy.Rule{
		{Priority: 1, Conditions: path("/api/*"), Action: forwardTo("api")},
		{Priority: 2, Conditions: path("/old"), Action: proxy.Action{Redirect: &proxy.Redirect{Status: 301, Protocol: "HTTPS", Port: "443"}}},
		{Priority: 3, Conditions: path("/fixed"), Action: proxy.Action{Fixed: &proxy.FixedResponse{Status: 418, Body: "short and stout"}}},
	}
	w.apply().await(proxy.StateHealthy)
	for p, want := range map[string]string{"/": "web", "/api/x": "api"} {
		if _, body := w.get(p); body != want {
			t.Errorf("%s: %q", p, body)
		}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(w.url("/old?a=b"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if l := resp.Header.Get("Location"); resp.StatusCode != 301 || l != "https://127.0.0.1:443/old?a=b" {
		t.Errorf("%d %s", resp.StatusCode, l)
	}
	resp, body := w.get("/fixed")
	if resp.StatusCode != 418 || body != "short and stout" || resp.Header.Get("Content-Type") != "text/plain; charset=utf-8" || resp.Header.Get("Server") != "awselb/2.0" {
		t.Errorf("%d %q %v", resp.StatusCode, body, resp.Header)
	}
}

func TestStickiness(t *testing.T) {
	setting := func(w http.ResponseWriter, name string) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: name})
		w.Write([]byte(name))
	}
	one := backend(t, func(w http.ResponseWriter, _ *http.Request) { setting(w, "one") })
	two := backend(t, func(w http.ResponseWriter, _ *http.Request) { setting(w, "two") })
	for _, s := range []proxy.Stickiness{
		{Type: "lb_cookie", Duration: time.Hour}, {Type: "app_cookie", Duration: time.Hour, Cookie: "session"},
	} {
		t.Run(s.Type, func(t *testing.T) {
			w := newWorld(t, one, two)
			w.group().Sticky = s
			w.apply().await(proxy.StateHealthy)
			seen := map[string]bool{}
			for range 4 {
				jar, _ := cookiejar.New(nil)
				client := &http.Client{Jar: jar}
				first := ""
				for range 6 {
					resp, err := client.Get(w.url("/"))
					if err != nil {
						t.Fatal(err)
					}
					b := make([]byte, 3)
					resp.Body.Read(b)
					resp.Body.Close()
					if first == "" {
						first = string(b)
					}
					if string(b) != first {
						t.Fatal("a client moved")
					}
				}
				seen[first] = true
			}
			if len(seen) != 2 {
				t.Error("all clients stick to one target")
			}
		})
	}
}

func TestGroupWeights(t *testing.T) {
	w := newWorld(t, named(t, "web"))
	w.addGroup("new")
	w.listener().Default = proxy.Action{Forward: &proxy.Forward{Groups: []proxy.WeightedGroup{{Group: "web", Weight: 3}, {Group: "new", Weight: 1}}}}
	w.apply().await(proxy.StateHealthy)
	n := 0
	for range 400 {
		if _, body := w.get("/"); body == "new" {
			n++
		}
	}
	if n < 50 || n > 150 {
		t.Errorf("%d of 400 to a group of a quarter", n)
	}
	w.listener().Default.Forward = &proxy.Forward{Groups: []proxy.WeightedGroup{{Group: "web", Weight: 1}, {Group: "new", Weight: 1}}, StickySeconds: 60}
	w.apply()
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar}
	bodies := map[string]bool{}
	for range 20 {
		resp, err := client.Get(w.url("/"))
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 3)
		resp.Body.Read(b)
		resp.Body.Close()
		bodies[string(b)] = true
	}
	if len(bodies) != 1 {
		t.Error("a client moved between groups")
	}
	w.listener().Default.Forward = &proxy.Forward{Groups: []proxy.WeightedGroup{{Group: "web"}, {Group: "new"}}}
	if resp, _ := w.apply().get("/"); resp.StatusCode != 503 {
		t.Errorf("%d without weights", resp.StatusCode)
	}
}

func TestHealth(t *testing.T) {
	w := newWorld(t, named(t, "good"), backend(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(500)
	}))
	w.apply()
	states := map[string]string{}
	for r := range w.engine.Reports(t.Context()) {
		for _, h := range r.Health {
			states[h.Addr.String()] = h.State + " " + h.Reason + " " + h.Description
		}
		if strings.HasPrefix(states[w.group().Targets[1].AddrPort().String()], proxy.StateUnhealthy) {
			break
		}
	}
	if s := states[w.group().Targets[1].AddrPort().String()]; s != "unhealthy Target.ResponseCodeMismatch Health checks failed with these codes: [500]" {
		t.Error(s)
	}
	for range 20 {
		if _, body := w.get("/"); body != "good" {
			t.Fatal("an unhealthy target got a request")
		}
	}
	w.listener().Default = proxy.Action{Fixed: &proxy.FixedResponse{Status: 200}}
	w.apply().await(proxy.StateUnused)
}

func TestAccountOfRequests(t *testing.T) {
	w := newWorld(t, named(t, "x"))
	w.lb().Attributes.AccessLog = t.TempDir()
	w.apply().await(proxy.StateHealthy)
	for range 3 {
		w.get("/a?b=c")
	}
	w.raw("bad\r\n\r\n")
	counts := map[string]map[string]float64{"": {}, "web": {}}
	for _, m := range w.engine.takeMinutes(time.Unix(0, 0)) {
		for name, n := range m.Counts {
			counts[m.Group][name] += n
		}
	}
	if c := counts[""]; c["RequestCount"] != 3 || c["HTTPCode_Target_2XX_Count"] != 3 || c["HTTPCode_ELB_4XX_Count"] != 1 || c["NewConnectionCount"] < 2 || c["ProcessedBytes"] < 3*float64(len("GET /a?b=c HTTP/1.1")) {
		t.Errorf("%v", c)
	}
	if c := counts["web"]; c["RequestCount"] != 3 || c["HealthyHostCount"] != 1 || c["UnHealthyHostCount"] != 0 {
		t.Errorf("%v", c)
	}
	lines := w.logged()
	if len(lines) != 4 {
		t.Fatal(lines)
	}
	if want := fmt.Sprintf(`"GET http://%s/a?b=c HTTP/1.1"`, w.addr()); !strings.HasPrefix(lines[0], "http ") || !strings.Contains(lines[0], " 200 200 ") || !strings.Contains(lines[0], want) {
		t.Errorf("%s\nlacks %s", lines[0], want)
	}
	if !strings.Contains(lines[3], " 400 - ") || !strings.HasSuffix(lines[3], `"Severe" "BadVersion"`) {
		t.Error(lines[3])
	}
}

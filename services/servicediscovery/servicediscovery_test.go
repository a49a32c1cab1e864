package servicediscovery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

var scope = aws.Scope{Account: "123456789012", Region: "eu-west-1"}

func opened(t testing.TB) *store.Store {
	t.Helper()
	s := store.OpenMemory(Tables()...)
	t.Cleanup(func() { s.Close() })
	return s
}

func update(t testing.TB, s *store.Store, fn func(tx *store.Txn) error) {
	t.Helper()
	if err := s.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, what, code string, err error) {
	t.Helper()
	if !errors.Is(err, &aws.Error{Code: code}) {
		t.Errorf("%s: got %v, want %s", what, err, code)
	}
}

func add(tx *store.Txn, n Namespace) (*Namespace, error) {
	n.Scope = scope
	return AddNamespace(tx, n)
}

func TestNamespaceNames(t *testing.T) {
	s := opened(t)
	update(t, s, func(tx *store.Txn) error {
		if _, err := add(tx, Namespace{ID: "ns-a", Name: "local", Type: DNSPrivate, VPC: "vpc-a", CreatorRequestID: "1"}); err != nil {
			return err
		}
		_, err := add(tx, Namespace{ID: "ns-b", Name: "Local", Type: DNSPrivate, VPC: "vpc-a"})
		refused(t, "the same name in the VPC", "NamespaceAlreadyExists", err)
		again, err := add(tx, Namespace{ID: "ns-c", Name: "local", Type: DNSPrivate, VPC: "vpc-a", CreatorRequestID: "1"})
		if err != nil || again.ID != "ns-a" {
			t.Errorf("a repeated request: %v, %v", again, err)
		}
		other, err := add(tx, Namespace{ID: "ns-d", Name: "local", Type: DNSPrivate, VPC: "vpc-b"})
		if err != nil || other.HTTPName != "local-d" {
			t.Errorf("the same name in another VPC: %v, %v", other, err)
		}
		return nil
	})
	if n, err := NamespaceByHTTPName(s.Snapshot(), scope, "local"); err != nil || n.ID != "ns-a" {
		t.Errorf("local is %v, %v", n, err)
	}
	elsewhere := aws.Scope{Account: "999999999999", Region: scope.Region}
	_, err := FindNamespace(s.Snapshot(), elsewhere, "ns-a")
	refused(t, "another account's", "NamespaceNotFound", err)
	if n, err := FindNamespace(s.Snapshot(), scope, "arn:aws:servicediscovery:eu-west-1:123456789012:namespace/ns-a"); err != nil || n.ID != "ns-a" {
		t.Errorf("by ARN: %v, %v", n, err)
	}
}

func TestCheckNames(t *testing.T) {
	for name, ok := range map[string]bool{"local": true, "a.b-c": true, "": false, "with space": false, "arn:x": false, "ü": false} {
		if err := CheckNamespaceName(name); (err == nil) != ok {
			t.Errorf("namespace %q: %v", name, err)
		}
	}
	for name, ok := range map[string]bool{
		"web": true, "_api._tcp": true, ".": true, "a": true, "a.b": true,
		"-web": false, "web-": false, "a..b": false, "": false, "a b": false, strings.Repeat("a.", 64) + "a": false,
	} {
		if err := CheckServiceName(name); (err == nil) != ok {
			t.Errorf("service %q: %v", name, err)
		}
	}
}

func TestServiceRecords(t *testing.T) {
	dns := &Namespace{ID: "ns-a", Type: DNSPrivate}
	for _, c := range []struct {
		name    string
		n       *Namespace
		service Service
		ok      bool
	}{
		{"A", dns, Service{Records: []Record{{A, 10}}, Routing: Multivalue}, true},
		{"A and AAAA", dns, Service{Records: []Record{{AAAA, 10}, {A, 10}}, Routing: Multivalue}, true},
		{"SRV", dns, Service{Records: []Record{{SRV, 10}}, Routing: Multivalue}, true},
		{"weighted CNAME", dns, Service{Records: []Record{{CNAME, 10}}, Routing: Weighted}, true},
		{"multivalue CNAME", dns, Service{Records: []Record{{CNAME, 10}}, Routing: Multivalue}, false},
		{"A and SRV", dns, Service{Records: []Record{{A, 10}, {SRV, 10}}, Routing: Multivalue}, false},
		{"A twice", dns, Service{Records: []Record{{A, 10}, {A, 20}}, Routing: Multivalue}, false},
		{"no records", dns, Service{}, false},
		{"no records, type HTTP", dns, Service{HTTPOnly: true}, true},
		{"records, type HTTP", dns, Service{HTTPOnly: true, Records: []Record{{A, 10}}}, false},
		{"records in an HTTP namespace", &Namespace{Type: HTTP}, Service{Records: []Record{{A, 10}}}, false},
	} {
		if err := c.service.check(c.n); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestRetimed(t *testing.T) {
	s := Service{Records: []Record{{A, 10}}, Routing: Multivalue}
	if changed, err := s.Retimed([]Record{{A, 60}}); err != nil || changed.Records[0].TTL != 60 {
		t.Errorf("got %+v, %v", changed, err)
	}
	for _, records := range [][]Record{nil, {{SRV, 10}}, {{A, 10}, {AAAA, 10}}} {
		_, err := s.Retimed(records)
		refused(t, fmt.Sprint(records), "InvalidInput", err)
	}
}

func TestAttributes(t *testing.T) {
	a := &Service{Records: []Record{{A, 10}}, Routing: Weighted}
	srv := &Service{Records: []Record{{SRV, 10}}, Routing: Multivalue}
	for _, c := range []struct {
		name    string
		service *Service
		given   map[string]string
		ok      bool
	}{
		{"address", a, map[string]string{AttributeIPv4: "10.0.0.1"}, true},
		{"no address", a, map[string]string{"version": "1"}, false},
		{"no address needed", &Service{}, map[string]string{"version": "1"}, true},
		{"not an address", a, map[string]string{AttributeIPv4: "10.0.0"}, false},
		{"IPv6 for IPv4", a, map[string]string{AttributeIPv4: "fd00::1"}, false},
		{"port alone", srv, map[string]string{AttributePort: "80"}, false},
		{"port and address", srv, map[string]string{AttributePort: "80", AttributeIPv4: "10.0.0.1"}, true},
		{"port 0", srv, map[string]string{AttributePort: "0", AttributeIPv4: "10.0.0.1"}, false},
		{"port too high", srv, map[string]string{AttributePort: "65536", AttributeIPv4: "10.0.0.1"}, false},
		{"alias", a, map[string]string{AttributeAlias: "lb.example.com"}, true},
		{"alias and address", a, map[string]string{AttributeAlias: "lb.example.com", AttributeIPv4: "10.0.0.1"}, false},
		{"alias for SRV", srv, map[string]string{AttributeAlias: "lb.example.com"}, false},
		{"health", a, map[string]string{AttributeIPv4: "10.0.0.1", AttributeInitialHealth: "SICK"}, false},
		{"instance", a, map[string]string{AttributeEC2Instance: "i-0"}, false},
	} {
		if err := c.service.checkAttributes(c.given); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestHealth(t *testing.T) {
	s := opened(t)
	checked, plain := &Service{ID: "srv-a", Scope: scope, CustomHealth: true}, &Service{ID: "srv-b", Scope: scope}
	update(t, s, func(tx *store.Txn) error {
		Services.Put(tx, *checked)
		Services.Put(tx, *plain)
		for id, health := range map[string]string{"up": "", "down": "UNHEALTHY"} {
			for _, of := range []*Service{checked, plain} {
				if err := RegisterInstance(tx, of, Instance{ID: id, Attributes: map[string]string{AttributeInitialHealth: health}}); err != nil {
					return err
				}
			}
		}
		refused(t, "health of a service without", "CustomHealthNotFound", SetHealth(tx, plain, "up", Unhealthy))
		refused(t, "health of nothing", "InstanceNotFound", SetHealth(tx, checked, "gone", Unhealthy))
		return nil
	})
	found := func(of *Service, h HealthFilter) string {
		var ids []string
		for _, i := range Discover(s.Snapshot(), of, Query{Health: h}) {
			ids = append(ids, i.ID)
		}
		return strings.Join(ids, " ")
	}
	for filter, want := range map[HealthFilter]string{
		OnlyHealthy: "up", OnlyUnhealthy: "down", Any: "down up", HealthyOrElseAll: "up", "": "down up",
	} {
		if got := found(checked, filter); got != want {
			t.Errorf("%s: %q, want %q", filter, got, want)
		}
		if got := found(plain, filter); got != "down up" {
			t.Errorf("%s without health checks: %q", filter, got)
		}
	}
	update(t, s, func(tx *store.Txn) error { return SetHealth(tx, checked, "up", Unhealthy) })
	if got := found(checked, HealthyOrElseAll); got != "down up" {
		t.Errorf("none healthy: %q", got)
	}
}

func TestDiscoverByAttributes(t *testing.T) {
	s := opened(t)
	of := &Service{ID: "srv-a", Scope: scope}
	update(t, s, func(tx *store.Txn) error {
		Services.Put(tx, *of)
		for id, zone := range map[string]string{"1": "a", "2": "b"} {
			if err := RegisterInstance(tx, of, Instance{ID: id, Attributes: map[string]string{"zone": zone, "v": "1"}}); err != nil {
				return err
			}
		}
		return nil
	})
	for _, c := range []struct {
		q    Query
		want int
	}{
		{Query{}, 2},
		{Query{Required: map[string]string{"zone": "a"}}, 1},
		{Query{Required: map[string]string{"zone": "a", "v": "2"}}, 0},
		{Query{Optional: map[string]string{"zone": "b"}}, 1},
		{Query{Optional: map[string]string{"zone": "c"}}, 2},
		{Query{Required: map[string]string{"zone": "a"}, Optional: map[string]string{"zone": "b"}}, 1},
	} {
		if got := Discover(s.Snapshot(), of, c.q); len(got) != c.want {
			t.Errorf("%+v finds %d, want %d", c.q, len(got), c.want)
		}
	}
}

// TestRevision holds that every change of the instances, and nothing else,
// counts the revision up, and that a service with instances stays.
func TestRevision(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := store.OpenMemory(Tables()...)
		defer s.Close()
		update(t, s, func(tx *store.Txn) error {
			Services.Put(tx, Service{ID: "srv-a", Scope: scope, CustomHealth: true})
			return nil
		})
		have := map[string]string{}
		health := map[string]Health{}
		revision := int64(0)
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			id := rapid.SampledFrom([]string{"1", "2"}).Draw(rt, "id")
			value := rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "value")
			update(t, s, func(tx *store.Txn) error {
				of, _ := Services.Get(tx, "srv-a")
				_, known := have[id]
				switch rapid.IntRange(0, 2).Draw(rt, "what") {
				case 0:
					if have[id] != value || health[id] != Healthy {
						revision++
					}
					have[id], health[id] = value, Healthy
					return RegisterInstance(tx, of, Instance{ID: id, Attributes: map[string]string{"k": value}})
				case 1:
					if DeregisterInstance(tx, of.ID, id) != known {
						rt.Fatalf("%s was known: %v", id, known)
					}
					if known {
						revision++
					}
					delete(have, id)
					delete(health, id)
				default:
					if !known {
						return nil
					}
					if health[id] != Unhealthy {
						revision++
					}
					health[id] = Unhealthy
					return SetHealth(tx, of, id, Unhealthy)
				}
				return nil
			})
		}
		of, _ := Services.Get(s.Snapshot(), "srv-a")
		if of.Revision != revision {
			rt.Fatalf("revision %d, want %d", of.Revision, revision)
		}
		err := s.Update(context.Background(), func(tx *store.Txn) error { return RemoveService(tx, of) })
		if (err == nil) != (len(have) == 0) {
			rt.Fatalf("%d instances, removed: %v", len(have), err)
		}
	})
}

// TestOperationsAreForgotten holds that operations last a day, and are found by ID.
func TestOperationsAreForgotten(t *testing.T) {
	s := opened(t)
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var ids []string
	for hour := range 40 {
		at := start.Add(time.Duration(hour) * time.Hour)
		o := Operation{ID: OperationID(fmt.Sprintf("%032x", 99-hour), at), Scope: scope, Type: CreateNamespace, At: at}
		ids = append(ids, o.ID)
		update(t, s, func(tx *store.Txn) error { AddOperation(tx, o); return nil })
	}
	for i, id := range ids {
		_, err := FindOperation(s.Snapshot(), scope, id)
		if kept := i > 39-24; (err == nil) != kept {
			t.Errorf("after %d hours: %v", 39-i, err)
		}
	}
}

func TestTags(t *testing.T) {
	s := opened(t)
	n := Namespace{ID: "ns-a", Scope: scope, Name: "local", Type: HTTP}
	update(t, s, func(tx *store.Txn) error {
		Namespaces.Put(tx, n)
		Services.Put(tx, Service{ID: "srv-a", Scope: scope, Namespace: "ns-a"})
		return nil
	})
	service, _ := Services.Get(s.Snapshot(), "srv-a")
	for _, arn := range []string{n.ARN(), service.ARN()} {
		update(t, s, func(tx *store.Txn) error { return SetTags(tx, scope, arn, map[string]string{"k": "v"}) })
		if tags, err := TagsOf(s.Snapshot(), scope, arn); err != nil || tags["k"] != "v" {
			t.Errorf("%s: %v, %v", arn, tags, err)
		}
	}
	_, err := TagsOf(s.Snapshot(), scope, n.ARN()+"x")
	refused(t, "unknown", "ResourceNotFoundException", err)
	_, err = Tagged("", nil, map[string]string{"aws:x": "1"})
	refused(t, "reserved", "InvalidInput", err)
	many := map[string]string{}
	for i := range maxTags + 1 {
		many[fmt.Sprint(i)] = ""
	}
	_, err = Tagged("", nil, many)
	refused(t, "too many", "TooManyTagsException", err)
}

package ec2

import (
	"fmt"
	"slices"
	"testing"

	"kaimon.dev/kaimon/store"
)

// TestNames holds what tasks are told, for each kind of set.
func TestNamesOfTasks(t *testing.T) {
	s := opened(t)
	vpc, _ := DefaultVPC(s.Snapshot(), scope)
	for id, o := range map[string]DHCPOptions{
		"dopt-empty":   {},
		"dopt-servers": {NameServers: []string{"192.0.2.1", "192.0.2.2"}},
		"dopt-amazon":  {NameServers: []string{AmazonDNS}},
		"dopt-domains": {DomainName: "a.example b.example"},
	} {
		o.ID, o.Scope = id, scope
		update(t, s, func(tx *store.Txn) error { DHCPOptionSets.Put(tx, o); return nil })
	}
	for _, c := range []struct {
		set     string
		support bool
		want    string
	}{
		{DefaultDHCPOptions(scope).ID, true, "[172.31.0.2] [eu-west-1.compute.internal]"},
		{DefaultDHCPOptions(scope).ID, false, "[] [eu-west-1.compute.internal]"},
		{NoDHCPOptions, true, "[] []"},
		{"dopt-gone", true, "[] []"},
		{"dopt-empty", true, "[] []"},
		{"dopt-servers", false, "[192.0.2.1 192.0.2.2] []"},
		{"dopt-amazon", true, "[172.31.0.2] []"},
		{"dopt-amazon", false, "[] []"},
		{"dopt-domains", true, "[] [a.example b.example]"},
	} {
		changed := *vpc
		changed.DHCPOptionsID, changed.DNSSupport = c.set, c.support
		update(t, s, func(tx *store.Txn) error { VPCs.Put(tx, changed); return nil })
		if n := NamesOf(s.Snapshot(), vpc.ID); fmt.Sprint(n.Servers, n.Search) != c.want {
			t.Errorf("%s, support %v: %v", c.set, c.support, n)
		}
	}
	if n := NamesOf(s.Snapshot(), "vpc-gone"); n.Servers != nil || n.Search != nil {
		t.Errorf("a VPC that is gone: %v", n)
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		key    string
		values []string
		want   string
	}{
		{"domain-name", []string{"example.com"}, "example.com []"},
		{"domain-name", []string{"a.example b_c.example"}, "a.example b_c.example []"},
		{"domain-name-servers", []string{"192.0.2.1", "192.0.2.2"}, " [192.0.2.1 192.0.2.2]"},
		{"domain-name-servers", []string{"192.0.2.1,192.0.2.2"}, " [192.0.2.1 192.0.2.2]"},
		{"domain-name-servers", []string{AmazonDNS}, " [AmazonProvidedDNS]"},
		{"domain-name", []string{"a", "b"}, ""}, {"domain-name", []string{""}, ""}, {"domain-name", []string{"a  b"}, ""},
		{"domain-name", []string{"-a"}, ""}, {"domain-name-servers", nil, ""}, {"domain-name-servers", []string{""}, ""},
		{"domain-name-servers", []string{AmazonDNS, "192.0.2.1"}, ""}, {"ntp-servers", []string{"192.0.2.1"}, ""},
	} {
		var o DHCPOptions
		err := o.SetOption(c.key, c.values)
		if (err != nil) != (c.want == "") || err == nil && fmt.Sprint(o.DomainName, " ", o.NameServers) != c.want {
			t.Errorf("%s %q: %+v, %v", c.key, c.values, o, err)
		}
		if err != nil && !slices.Equal(o.NameServers, nil) {
			t.Errorf("%s %q: a refused option is kept", c.key, c.values)
		}
	}
}

package ec2api

import (
	"net/netip"
	"slices"
	"testing"

	"kaimon.dev/kaimon/services/ec2"
)

func dhcp(key string, values ...string) NewDhcpConfiguration {
	return NewDhcpConfiguration{Key: &key, Values: values}
}

// names is what the tasks of the default VPC are told.
func (w *world) names() ec2.NameService {
	return ec2.NamesOf(w.Store.Snapshot(), w.vpc)
}

func addrs(text ...string) (out []netip.Addr) {
	for _, a := range text {
		out = append(out, netip.MustParseAddr(a))
	}
	return out
}

func TestDHCPOptionsLife(t *testing.T) {
	w := newWorld(t)
	def := first(t, must(w.DescribeDhcpOptions(w.ctx, &DescribeDhcpOptionsInput{Filters: []Filter{filter("key", "domain-name"), filter("value", "AmazonProvidedDNS")}}))(t).DhcpOptions)
	if v := first(t, must(w.DescribeVpcs(w.ctx, &DescribeVpcsInput{}))(t).Vpcs); *v.DhcpOptionsId != *def.DhcpOptionsId {
		t.Errorf("the default VPC has %s, the default set is %s", *v.DhcpOptionsId, *def.DhcpOptionsId)
	}
	if n := w.names(); !slices.Equal(n.Servers, addrs("172.31.0.2")) || !slices.Equal(n.Search, []string{"eu-west-1.compute.internal"}) {
		t.Errorf("names %+v", n)
	}
	made := must(w.CreateDhcpOptions(w.ctx, &CreateDhcpOptionsInput{
		DhcpConfigurations: []NewDhcpConfiguration{dhcp("domain-name", "corp.example lab.example"), dhcp("domain-name-servers", "10.0.0.2, 10.0.0.3")},
		TagSpecifications:  []TagSpecification{{ResourceType: p("dhcp-options"), Tags: []Tag{{Key: p("Name"), Value: p("corp")}}}},
	}))(t).DhcpOptions
	id := made.DhcpOptionsId
	if c := made.DhcpConfigurations; len(c) != 2 || *c[0].Values[0].Value != "corp.example lab.example" || *c[1].Values[1].Value != "10.0.0.3" || *first(t, made.Tags).Value != "corp" {
		t.Errorf("made %+v", made)
	}
	associate := func(id string) error {
		_, err := w.AssociateDhcpOptions(w.ctx, &AssociateDhcpOptionsInput{VpcId: &w.vpc, DhcpOptionsId: &id})
		return err
	}
	if err := associate(*id); err != nil {
		t.Fatal(err)
	}
	if n := w.names(); !slices.Equal(n.Servers, addrs("10.0.0.2", "10.0.0.3")) || !slices.Equal(n.Search, []string{"corp.example", "lab.example"}) {
		t.Errorf("names %+v", n)
	}
	_, err := w.DeleteDhcpOptions(w.ctx, &DeleteDhcpOptionsInput{DhcpOptionsId: id})
	refused(t, err, "DependencyViolation", *id)
	if err := associate("default"); err != nil {
		t.Fatal(err)
	}
	if n := w.names(); n.Servers != nil || n.Search != nil {
		t.Errorf("names without options: %+v", n)
	}
	must(w.DeleteDhcpOptions(w.ctx, &DeleteDhcpOptionsInput{DhcpOptionsId: id}))(t)
	refused(t, associate(*id), "InvalidDhcpOptionID.NotFound", *id)
	if got := must(w.DescribeDhcpOptions(w.ctx, &DescribeDhcpOptionsInput{}))(t).DhcpOptions; len(got) != 1 {
		t.Errorf("left %+v", got)
	}
	_, err = w.DeleteDhcpOptions(w.ctx, &DeleteDhcpOptionsInput{DhcpOptionsId: def.DhcpOptionsId})
	refused(t, err, "UnsupportedOperation", "default")
}

func TestDHCPRefusals(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name, code, text string
		in               []NewDhcpConfiguration
	}{
		{"nothing", "MissingParameter", "dhcpConfiguration", nil},
		{"unknown", "InvalidParameterValue", "color", []NewDhcpConfiguration{dhcp("color", "blue")}},
		{"NTP", "UnsupportedOperation", "ntp-servers", []NewDhcpConfiguration{dhcp("ntp-servers", "10.0.0.1")}},
		{"no address", "InvalidParameterValue", "ns.example", []NewDhcpConfiguration{dhcp("domain-name-servers", "ns.example")}},
		{"IPv6", "InvalidParameterValue", "::1", []NewDhcpConfiguration{dhcp("domain-name-servers", "::1")}},
		{"five servers", "InvalidParameterValue", "up to 4", []NewDhcpConfiguration{dhcp("domain-name-servers", "10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4", "10.0.0.5")}},
		{"Amazon's and others", "InvalidParameterValue", "alone", []NewDhcpConfiguration{dhcp("domain-name-servers", "AmazonProvidedDNS", "10.0.0.5")}},
		{"no domain", "InvalidParameterValue", "domain-name", []NewDhcpConfiguration{dhcp("domain-name", "a\nnameserver 10.0.0.1")}},
		{"no name", "InvalidParameterValue", "domain-name", []NewDhcpConfiguration{dhcp("domain-name")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.CreateDhcpOptions(w.ctx, &CreateDhcpOptionsInput{DhcpConfigurations: c.in})
			refused(t, err, c.code, c.text)
		})
	}
	_, err := w.CreateDhcpOptions(w.ctx, &CreateDhcpOptionsInput{DhcpConfigurations: []NewDhcpConfiguration{dhcp("domain-name", "a.example")}, DryRun: p(true)})
	refused(t, err, "DryRunOperation", "")
}

// FuzzDHCPOptions holds that what is taken can stand in resolv.conf.
func FuzzDHCPOptions(f *testing.F) {
	f.Add("domain-name", "corp.example lab.example")
	f.Add("domain-name-servers", "10.0.0.2,10.0.0.3")
	f.Add("domain-name-servers", "AmazonProvidedDNS")
	f.Fuzz(func(t *testing.T, key, value string) {
		o := ec2.DHCPOptions{ID: "dopt-1"}
		if o.SetOption(key, []string{value}) != nil {
			return
		}
		for _, c := range o.DomainName {
			if c < ' ' || c > '~' {
				t.Errorf("domain name %q", o.DomainName)
			}
		}
		for _, s := range o.NameServers {
			if _, err := netip.ParseAddr(s); err != nil && s != ec2.AmazonDNS {
				t.Errorf("name server %q", s)
			}
		}
	})
}

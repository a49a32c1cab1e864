package ec2

import (
	"net/netip"
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/lazyregexp"
	"kaimon.dev/kaimon/store"
)

// DHCPOptions is what the tasks of a VPC learn of names (VPC User Guide, "DHCP
// option sets"). Sole writer: ec2api; each region's default set has no row.
type DHCPOptions struct {
	ID    string
	Scope aws.Scope
	// DomainName holds search domains, separated by spaces; "" for none.
	DomainName string
	// NameServers are addresses, or AmazonDNS alone.
	NameServers []string
}

// AmazonDNS stands for the VPC's own resolver.
const AmazonDNS = "AmazonProvidedDNS"

// NoDHCPOptions is the ID of a VPC that has no set: its tasks learn nothing.
const NoDHCPOptions = "default"

// DHCPOptionSets holds every set by ID.
var DHCPOptionSets = store.NewTable("ec2.dhcp-options", func(o *DHCPOptions) string { return o.ID },
	store.Index[DHCPOptions]{Name: ByScope, Keys: func(o *DHCPOptions) []string { return []string{ScopeKey(o.Scope)} }})

// NewDHCPOptionsID returns the ID of a new set.
func NewDHCPOptionsID() string { return NewID(prefixDHCPOptions) }

// DefaultDHCPOptions is the set that a new VPC of a scope has.
func DefaultDHCPOptions(s aws.Scope) *DHCPOptions {
	return &DHCPOptions{
		ID: fixedID(prefixDHCPOptions, s, "default"), Scope: s,
		DomainName: InternalDomain(s.Region), NameServers: []string{AmazonDNS},
	}
}

// FindDHCPOptions returns a set of the scope.
func FindDHCPOptions(r store.Reader, s aws.Scope, id string) (*DHCPOptions, error) {
	if def := DefaultDHCPOptions(s); id == def.ID {
		return def, nil
	}
	if o, ok := DHCPOptionSets.Get(r, id); ok && o.Scope == s {
		return o, nil
	}
	return nil, aws.Errorf("InvalidDhcpOptionID.NotFound", "The dhcpOption ID '%s' does not exist", id)
}

// AssociateDHCPOptions gives a VPC another set, or with NoDHCPOptions none.
func AssociateDHCPOptions(tx *store.Txn, v *VPC, id string) error {
	if id != NoDHCPOptions {
		if _, err := FindDHCPOptions(tx, v.Scope, id); err != nil {
			return err
		}
	}
	changed := *v
	changed.DHCPOptionsID = id
	VPCs.Put(tx, changed)
	return nil
}

// RemoveDHCPOptions deletes a set that no VPC has.
func RemoveDHCPOptions(tx *store.Txn, o *DHCPOptions) error {
	for v := range VPCs.By(tx, ByScope, ScopeKey(o.Scope)) {
		if v.DHCPOptionsID == o.ID {
			return errInUse("dhcpOptions", o.ID)
		}
	}
	if !DHCPOptionSets.Delete(tx, o.ID) {
		return aws.Errorf("UnsupportedOperation", "Kaimon keeps the default DHCP options set of a region.")
	}
	DeleteTags(tx, o.ID)
	return nil
}

// domainNames are search domains (RFC 1035, section 2.3.1), separated by spaces.
var domainNames = lazyregexp.New(`^[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}\.?)+( [A-Za-z0-9_]([A-Za-z0-9_-]{0,62}\.?)+)*$`)

// maxNameServers bounds the name servers of a set (EC2 API Reference,
// CreateDhcpOptions).
const maxNameServers = 4

// SetOption sets one of the options by its key.
func (o *DHCPOptions) SetOption(key string, values []string) error {
	switch key {
	case "domain-name":
		name := strings.Join(values, " ")
		if len(values) != 1 || len(name) > 255 || !domainNames.MatchString(name) {
			return ErrInvalidParameter("Value (%s) for parameter domain-name is invalid. Invalid domain name specified", name)
		}
		o.DomainName = name
	case "domain-name-servers":
		return o.setNameServers(values)
	case "ntp-servers", "netbios-name-servers", "netbios-node-type", "ipv6-address-preferred-lease-time":
		return aws.Errorf("UnsupportedOperation", "The DHCP option %s is not supported by Kaimon.", key)
	default:
		return ErrInvalidParameter("Value (%s) for parameter dhcpConfigurations is invalid. Unknown DHCP option", key)
	}
	return nil
}

func (o *DHCPOptions) setNameServers(values []string) error {
	var all []string
	for _, v := range values { // a comma separates them too
		for _, s := range strings.Split(v, ",") {
			all = append(all, strings.TrimSpace(s))
		}
	}
	if slices.Contains(all, AmazonDNS) && len(all) > 1 || len(all) > maxNameServers || len(all) == 0 {
		return ErrInvalidParameter("Value (%s) for parameter domain-name-servers is invalid. Specify up to %d addresses, or %s alone", strings.Join(all, ","), maxNameServers, AmazonDNS)
	}
	for _, s := range all {
		if a, err := netip.ParseAddr(s); s != AmazonDNS && (err != nil || !a.Is4()) {
			return ErrInvalidParameter("Value (%s) for parameter domain-name-servers is invalid. Invalid server specified", s)
		}
	}
	o.NameServers = all
	return nil
}

// NameService is what a task's resolver is told.
type NameService struct {
	Servers []netip.Addr
	Search  []string
}

// NamesOf is the name service of a VPC's tasks; empty when the VPC is gone.
func NamesOf(r store.Reader, vpc string) NameService {
	var n NameService
	v, ok := VPCs.Get(r, vpc)
	if !ok {
		return n
	}
	o, err := FindDHCPOptions(r, v.Scope, v.DHCPOptionsID)
	if err != nil {
		return n // it has none
	}
	n.Search = strings.Fields(o.DomainName)
	for _, s := range o.NameServers {
		switch {
		case s != AmazonDNS:
			n.Servers = append(n.Servers, netip.MustParseAddr(s)) // SetOption has checked it
		case v.DNSSupport:
			n.Servers = append(n.Servers, v.Resolver())
		}
	}
	return n
}

// Resolver is the address of the VPC's own resolver: the primary block's base
// + 2 (VPC User Guide, "Amazon DNS server").
func (v *VPC) Resolver() netip.Addr { return v.CIDRs[0].Masked().Addr().Next().Next() }

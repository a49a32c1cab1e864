package ec2

import (
	"net/netip"
	"slices"
	"strings"

	"kaimon.dev/kaimon/store"
)

// PlatformName is the name that leads to the platform's API in every VPC; an
// interface endpoint with private DNS takes it over.
const PlatformName = "api.kaimon.internal"

// Names are an endpoint's own names: that of all its interfaces first, then
// one for each zone that it is in (AWS PrivateLink Guide, "Access an AWS
// service using an interface VPC endpoint").
func (e *Endpoint) Names(r store.Reader) []string {
	if e.Gateway {
		return nil
	}
	names := []string{e.ID + "." + EndpointDomain(e)}
	for _, zone := range e.zones(r) {
		names = append(names, e.ID+"-"+zone+"."+EndpointDomain(e))
	}
	return names
}

func (e *Endpoint) zones(r store.Reader) []string {
	var zones []string
	for _, id := range e.Subnets {
		if s, ok := Subnets.Get(r, id); ok {
			zones = append(zones, s.Zone)
		}
	}
	slices.Sort(zones)
	return zones
}

// Addresses are where an endpoint answers, in a zone or, with "", in all of
// them, in order.
func (e *Endpoint) Addresses(r store.Reader, zone string) []netip.Addr {
	status, ok := EndpointStatuses.Get(r, e.ID)
	if !ok || e.Deleting {
		return nil
	}
	var out []netip.Addr
	for _, id := range status.Attached {
		if i, ok := NetworkInterfaces.Get(r, id); ok && (zone == "" || i.Zone == zone) {
			out = append(out, i.Address)
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return out
}

// IsEndpointName says whether a name is an endpoint's, if anyone's.
func IsEndpointName(name string) bool {
	return strings.HasPrefix(name, prefixEndpoint) && strings.HasSuffix(name, endpointNames)
}

// LookupEndpoint returns the addresses of the endpoint of a VPC that a name is
// of; ok is false when there is none.
func LookupEndpoint(r store.Reader, vpc, name string) (addrs []netip.Addr, ok bool) {
	for e := range EndpointsOf(r, vpc) {
		names := e.Names(r)
		switch at := slices.Index(names, name); {
		case at == 0:
			return e.Addresses(r, ""), true
		case at > 0:
			return e.Addresses(r, e.zones(r)[at-1]), true
		}
	}
	return nil, false
}

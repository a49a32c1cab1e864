package elbv2

import (
	"iter"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Protocols of listeners and target groups.
const (
	HTTP  = "HTTP"
	HTTPS = "HTTPS"
	TCP   = "TCP"
	TLS   = "TLS"
	UDP   = "UDP"
	// TCPUDP is both on one port.
	TCPUDP = "TCP_UDP"
)

// networkProtocols are those of network load balancers, and what protocols of
// target groups a listener of each may forward to (Network Load Balancer guide,
// "Listener configuration").
var networkProtocols = map[string][]string{
	TCP: {TCP, TCPUDP}, TLS: {TCP, TLS}, UDP: {UDP, TCPUDP}, TCPUDP: {TCPUDP},
}

// layer4 says whether a protocol is one of network load balancers.
func layer4(protocol string) bool { return networkProtocols[protocol] != nil }

// Listener is a port of a load balancer. What it does is said by its rules, the
// default one included. Sole writer: elbv2api.
type Listener struct {
	ARN          string
	Scope        aws.Scope
	LoadBalancer string
	// Protocol is HTTP, HTTPS, TCP, TLS, UDP or TCPUDP.
	Protocol string
	Port     int
	// SSLPolicy, Certificate (the default one) and Certificates (those chosen
	// by server name) are of HTTPS and TLS.
	SSLPolicy    string
	Certificate  string
	Certificates []string
	// Attributes are those that were set; the others have their defaults.
	Attributes map[string]string
}

// Listeners holds every listener by ARN.
var Listeners = store.NewTable("elbv2.listeners", func(l *Listener) string { return l.ARN },
	store.Index[Listener]{Name: byLoadBalancer, Keys: func(l *Listener) []string { return []string{l.LoadBalancer} }},
	store.Index[Listener]{Name: byCertificate, Keys: func(l *Listener) []string { return l.AllCertificates() }})

// Layer4 says whether the listener is one of a network load balancer.
func (l *Listener) Layer4() bool { return layer4(l.Protocol) }

// Secure says whether the listener ends TLS.
func (l *Listener) Secure() bool { return l.Protocol == HTTPS || l.Protocol == TLS }

// AllCertificates are the ARNs of the certificates, the default one first.
func (l *Listener) AllCertificates() []string {
	if l.Certificate == "" {
		return nil
	}
	return slices.Concat([]string{l.Certificate}, l.Certificates)
}

// FindListener returns a listener of the scope.
func FindListener(r store.Reader, s aws.Scope, arn string) (*Listener, error) {
	if l, ok := Listeners.Get(r, arn); ok && l.Scope == s {
		return l, nil
	}
	return nil, ErrListenerNotFound()
}

// ListenersOf iterates over a load balancer's listeners in order of ARN.
func ListenersOf(r store.Reader, loadBalancer string) iter.Seq[*Listener] {
	return Listeners.By(r, byLoadBalancer, loadBalancer)
}

// UsersOfCertificate returns the ARNs of the load balancers that show a
// certificate, in order: DescribeCertificate's InUseBy.
func UsersOfCertificate(r store.Reader, certificate string) []string {
	var out []string
	for l := range Listeners.By(r, byCertificate, certificate) {
		out = insert(out, l.LoadBalancer)
	}
	return out
}

// insert adds a text to a sorted list that lacks it.
func insert(list []string, s string) []string {
	at, found := slices.BinarySearch(list, s)
	if found {
		return list
	}
	return slices.Insert(list, at, s)
}

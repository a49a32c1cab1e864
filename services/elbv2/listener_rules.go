package elbv2

import (
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/acm"
	"kaimon.dev/kaimon/store"
)

// Quotas of load balancers (Elastic Load Balancing User Guides, "Quotas").
const (
	// MaxListeners bounds the listeners of a load balancer.
	MaxListeners = 50
	// MaxRules bounds the rules of a load balancer, without the default ones.
	MaxRules = 100
	// MaxCertificates bounds the certificates of a listener, without the default one.
	MaxCertificates = 25
	// MaxLoadBalancers bounds the load balancers of one type in a scope.
	MaxLoadBalancers = 50
	// MaxTargetGroups bounds the target groups of a scope.
	MaxTargetGroups = 3000
)

// Check says why a listener can't be: its port is taken, its protocol isn't
// its load balancer's, its certificates aren't there.
func (l *Listener) Check(r store.Reader) error {
	b, err := FindLoadBalancer(r, l.Scope, l.LoadBalancer)
	if err != nil {
		return err
	}
	protocols := []string{HTTPS, HTTP}
	if b.Type == Network {
		protocols = []string{UDP, TLS, TCP, TCPUDP}
	}
	if !slices.Contains(protocols, l.Protocol) {
		return errValidation("Protocol '%s' must be one of '[%s]'", l.Protocol, strings.Join(protocols, ", "))
	}
	if l.Port < 1 || l.Port > 65535 {
		return errValidation("A port must be specified")
	}
	n := 0
	for other := range ListenersOf(r, l.LoadBalancer) {
		if other.ARN == l.ARN {
			continue
		}
		if other.Port == l.Port {
			return ErrDuplicateListener(l.LoadBalancer)
		}
		n++
	}
	if n >= MaxListeners {
		return ErrTooMany("Listeners", "The maximum number of listeners has been reached on load balancer '%s'", l.LoadBalancer)
	}
	return l.checkTLS(r)
}

func (l *Listener) checkTLS(r store.Reader) error {
	switch {
	case !l.Secure() && l.Certificate != "":
		return ErrInvalidConfiguration("Certificates cannot be specified for %s listeners", l.Protocol)
	case !l.Secure() && l.SSLPolicy != "":
		return ErrInvalidConfiguration("An SSL policy cannot be specified for %s listeners", l.Protocol)
	case !l.Secure():
		return nil
	case l.Certificate == "":
		return errValidation("A certificate must be specified for %s listeners", l.Protocol)
	}
	if _, ok := PolicyNamed(l.SSLPolicy); !ok {
		return ErrPolicyNotFound(l.SSLPolicy)
	}
	if len(l.Certificates) > MaxCertificates {
		return ErrTooMany("Certificates", "The maximum number of certificates has been reached on load balancer '%s'", l.LoadBalancer)
	}
	for _, arn := range l.AllCertificates() {
		if _, err := acm.Find(r, l.Scope, arn); err != nil {
			return ErrCertificateNotFound(arn)
		}
	}
	return nil
}

// CheckRule says why a listener can't have one more rule, or one rule at
// another priority: the priority is taken, or there are too many.
func CheckRule(r store.Reader, rule *Rule) error {
	if rule.Priority < 1 || rule.Priority > 50000 {
		return errValidation("Priority '%d' must be between 1 and 50000, inclusive", rule.Priority)
	}
	n := 0
	for other := range Rules.By(r, byLoadBalancer, rule.LoadBalancer) {
		if other.ARN == rule.ARN || other.Default {
			continue
		}
		if other.Listener == rule.Listener && other.Priority == rule.Priority {
			return ErrPriorityInUse(rule.Priority)
		}
		n++
	}
	if n >= MaxRules {
		return ErrTooMany("Rules", "The maximum number of rules has been reached on load balancer '%s'", rule.LoadBalancer)
	}
	return nil
}

// ErrPolicyNotFound says that there is no such security policy.
func ErrPolicyNotFound(name string) *aws.Error {
	return aws.Errorf("SSLPolicyNotFound", "SSL policy '%s' not found", name)
}

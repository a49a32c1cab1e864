package elbv2

import (
	"fmt"
	"slices"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Limits of actions (Elastic Load Balancing User Guides, "Quotas").
const (
	// MaxGroupsOfAction bounds the target groups that one action forwards to.
	MaxGroupsOfAction  = 5
	maxGroupsOfNetwork = 1
	maxWeight          = 999
	maxSticky          = 7 * 24 * time.Hour
)

func errAction(format string, args ...any) *aws.Error {
	return aws.Errorf("InvalidLoadBalancerAction", format, args...)
}

// CheckActions says why a listener can't have a rule with the actions: exactly
// one action, to target groups that are there, speak the listener's protocol
// and belong to no other load balancer.
func CheckActions(r store.Reader, l *Listener, actions []Action) error {
	if len(actions) != 1 {
		if len(actions) > 1 {
			return ErrTooMany("Actions", "The maximum number of actions per rule has been reached")
		}
		return errValidation("A rule must have at least one action")
	}
	a := &actions[0]
	if l.Layer4() && a.Type != Forward {
		return errAction("The action type '%s' is not valid with listener protocol '%s'", a.Type, l.Protocol)
	}
	switch a.Type {
	case Redirect:
		return checkRedirect(l, &a.RedirectTo)
	case FixedResponse:
		return checkResponse(&a.Response)
	}
	return checkForward(r, l, a)
}

func checkForward(r store.Reader, l *Listener, a *Action) error {
	if l.Layer4() {
		return checkForwardOf(r, l, a, maxGroupsOfNetwork)
	}
	return checkForwardOf(r, l, a, MaxGroupsOfAction)
}

// checkForwardOf is checkForward with a bound for the number of groups.
func checkForwardOf(r store.Reader, l *Listener, a *Action, limit int) error {
	switch {
	case len(a.TargetGroups) == 0:
		return errValidation("A target group must be specified for the action type 'forward'")
	case len(a.TargetGroups) > limit:
		return ErrTooMany("TargetGroups", "The maximum number of target groups per action is '%d'", limit)
	case a.Unused < 0 || max(a.Sticky, a.Unused) > maxSticky:
		return errValidation("Target group stickiness duration must be between 1 and %d seconds, inclusive", int(maxSticky.Seconds()))
	}
	seen := map[string]bool{}
	for _, w := range a.TargetGroups {
		if w.Weight < 0 || w.Weight > maxWeight {
			return errValidation("Target group weight '%d' must be between 0 and %d, inclusive", w.Weight, maxWeight)
		}
		if seen[w.ARN] {
			return errValidation("Target group '%s' is specified more than once", w.ARN)
		}
		seen[w.ARN] = true
		if err := checkAssociation(r, l, w.ARN); err != nil {
			return err
		}
	}
	return nil
}

// checkAssociation says why a listener can't forward to a target group.
func checkAssociation(r store.Reader, l *Listener, arn string) error {
	g, err := FindTargetGroup(r, l.Scope, arn)
	if err != nil {
		return err
	}
	b, err := FindLoadBalancer(r, l.Scope, l.LoadBalancer)
	if err != nil {
		return err
	}
	if g.VPC != b.VPC {
		return ErrInvalidConfiguration("The following target groups '%s' are in a different VPC than load balancer '%s'", arn, b.ARN)
	}
	if g.Layer7() != (b.Type == Application) || l.Layer4() && !slices.Contains(networkProtocols[l.Protocol], g.Protocol) {
		return aws.Errorf("IncompatibleProtocols", "The listener protocol '%s' is not supported for target group protocol '%s'", l.Protocol, g.Protocol)
	}
	if g.ProtocolVersion == "GRPC" && l.Protocol != HTTPS {
		return ErrInvalidConfiguration("Listener protocol '%s' is not supported with a target group with the protocol-version 'GRPC'", l.Protocol)
	}
	if slices.ContainsFunc(LoadBalancersOf(r, arn), func(other string) bool { return other != b.ARN }) {
		return aws.Errorf("TargetGroupAssociationLimit", "The following target groups cannot be associated with more than one load balancer: %s", arn)
	}
	return nil
}

func checkRedirect(l *Listener, to *RedirectTarget) error {
	if *to == (RedirectTarget{Status: to.Status}) || to.loops() {
		return errAction("The redirect configuration is not valid because it creates a loop.")
	}
	if l.Protocol == HTTPS && to.Protocol == HTTP {
		return errAction("You cannot redirect from HTTPS to HTTP.")
	}
	if to.Path != "" && to.Path[0] != '/' {
		return errValidation("The redirect path '%s' must begin with '/'", to.Path)
	}
	return nil
}

// loops says whether the redirect leads to where the request came from.
func (t *RedirectTarget) loops() bool {
	same := func(value, keyword string) bool { return value == "" || value == keyword }
	return same(t.Protocol, "#{protocol}") && same(t.Host, "#{host}") && same(t.Port, "#{port}") && same(t.Path, "/#{path}")
}

var contentTypes = []string{"", "text/plain", "text/css", "text/html", "application/javascript", "application/json"}

func checkResponse(r *Response) error {
	if !slices.Contains(contentTypes, r.ContentType) {
		return errValidation("The content type '%s' is not supported: it must be one of %s", r.ContentType, fmt.Sprint(contentTypes[1:]))
	}
	return nil
}

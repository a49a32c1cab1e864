package elbv2

import "time"

// Types of actions.
const (
	Forward       = "forward"
	Redirect      = "redirect"
	FixedResponse = "fixed-response"
)

// Action is what a rule does with a request (ELBv2 API Reference, Action).
type Action struct {
	// Type is Forward, Redirect or FixedResponse.
	Type string
	// Order is 1 … 50000, 0 when not given.
	Order int
	// TargetGroups get requests in proportion to their weights; Sticky, when
	// not zero, is for how long a client stays with the group that it got.
	TargetGroups []WeightedGroup
	Sticky       time.Duration
	// Unused is the duration that came with stickiness that is off: it is shown.
	Unused time.Duration
	// RedirectTo is of Redirect, Response of FixedResponse.
	RedirectTo RedirectTarget
	Response   Response
}

// WeightedGroup is a target group and its share, 0 … 999.
type WeightedGroup struct {
	ARN    string
	Weight int
}

// RedirectTarget is where a redirect points; #{protocol}, #{host}, #{port},
// #{path} and #{query} stand for the request's.
type RedirectTarget struct {
	Protocol, Host, Port, Path, Query string
	// Status is 301 or 302.
	Status int
}

// Response is a fixed answer.
type Response struct {
	Status      int
	ContentType string
	Body        string
}

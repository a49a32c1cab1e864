// Package route finds the rule of a listener that a request meets, and what its
// action answers by itself (Elastic Load Balancing user guide, "Condition types
// for listener rules").
package route

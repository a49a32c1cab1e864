// Package balance picks a target for a request: by health, algorithm, slow
// start and stickiness (Elastic Load Balancing user guide, "Target groups for
// your Application Load Balancers").
package balance

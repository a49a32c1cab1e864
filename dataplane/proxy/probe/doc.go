// Package probe checks the health of targets by real requests (Elastic Load
// Balancing user guide, "Health checks for your target groups").
package probe

// Package acmctl renews certificates that ACM has issued before they end. Load
// balancers follow: they read a listener's certificates from the same rows.
package acmctl

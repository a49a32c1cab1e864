// Package servicediscoveryctl makes Cloud Map's private DNS namespaces
// resolve inside their VPCs.
package servicediscoveryctl

// Package dns is the resolver of a VPC: what AWS calls the Amazon DNS server,
// at the VPC's base + 2 and at 169.254.169.253. It answers the private names of
// interfaces (ip-10-0-1-5.eu-west-1.compute.internal) and their reverse names
// itself, asks further zones for theirs, and hands everything else to the
// resolvers of the host, so that a task resolves what its host resolves.
//
// Security groups don't hold for it (VPC user guide, "Amazon DNS server").
package dns

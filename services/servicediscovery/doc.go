// Package servicediscovery holds the nouns and rules of AWS Cloud Map:
// namespaces, services and their instances, which DiscoverInstances and DNS
// find. It does no I/O.
package servicediscovery

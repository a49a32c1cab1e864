package ecs

import (
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// ParseServiceRef returns the ARN that a reference to a service of a cluster
// means: a name or an ARN, of the form with the cluster's name or the one without.
func ParseServiceRef(c *Cluster, ref string) (arn string, err error) {
	name := ref
	if strings.HasPrefix(ref, "arn:") {
		a, err := aws.ParseARN(ref)
		if err != nil || a.Service != "ecs" || a.Type() != "service" || a.ID() == "" {
			return "", InvalidParameter("Invalid identifier: %s", ref)
		}
		if (aws.Scope{Account: a.Account, Region: a.Region}) != c.Scope {
			return "", InvalidParameter("Invalid identifier: %s is of another account or Region.", ref)
		}
		name = a.ID()
		if cluster, rest, ok := strings.Cut(name, "/"); ok {
			if cluster != c.Name {
				return "", InvalidParameter("Identifier is for cluster %s. Your cluster is %s", cluster, c.Name)
			}
			name = rest
		}
	}
	if !IsName(name) {
		return "", InvalidParameter("Invalid identifier: %s", ref)
	}
	return ServiceARN(c.Scope, c.Name, name), nil
}

// FindService returns the service of a cluster that a reference means, in
// whatever status, or AWS's error.
func FindService(r store.Reader, c *Cluster, ref string) (*Service, error) {
	arn, err := ParseServiceRef(c, ref)
	if err != nil {
		return nil, err
	}
	s, ok := Services.Get(r, arn)
	if !ok {
		return nil, ServiceNotFound()
	}
	return s, nil
}

// FindActiveService is FindService for those that may be changed.
func FindActiveService(r store.Reader, c *Cluster, ref string) (*Service, error) {
	s, err := FindService(r, c, ref)
	if err != nil {
		return nil, err
	}
	if !s.DeletedAt.IsZero() {
		return nil, ServiceNotActive()
	}
	return s, nil
}

// CountServices counts a cluster's services that are active, and those that are draining.
func CountServices(r store.Reader, c *Cluster) (active, draining int) {
	for s := range ServicesOf(r, c) {
		status := StatusOfService(r, s)
		switch s.State(&status) {
		case ServiceActive:
			active++
		case ServiceDraining:
			draining++
		}
	}
	return active, draining
}

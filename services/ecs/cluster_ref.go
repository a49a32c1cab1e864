package ecs

import (
	"strings"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// ClusterRetention is how long a deleted cluster can be described as INACTIVE.
// AWS promises no more than "a period of time" (API Reference, "DeleteCluster").
const ClusterRetention = time.Hour

// ParseClusterRef returns the ARN that a reference to a cluster means: a short
// name, an ARN, or "" for the default cluster. A malformed one is an
// InvalidParameterException, a cluster of another account or region a
// ClusterNotFoundException.
func ParseClusterRef(s aws.Scope, ref string) (arn string, err error) {
	if ref == "" {
		return ClusterARN(s, DefaultCluster), nil
	}
	if !strings.HasPrefix(ref, "arn:") {
		if !IsName(ref) {
			return "", InvalidParameter("Cluster name '%s' contains invalid characters.", ref)
		}
		return ClusterARN(s, ref), nil
	}
	a, err := aws.ParseARN(ref)
	if err != nil || a.Service != "ecs" || a.Type() != "cluster" || !IsName(a.ID()) {
		return "", InvalidParameter("Invalid identifier: '%s' is not the ARN of a cluster.", ref)
	}
	if ref != ClusterARN(s, a.ID()) {
		return "", ClusterNotFound()
	}
	return ref, nil
}

// FindCluster returns the active cluster that a reference means, or a
// ClusterNotFoundException.
func FindCluster(r store.Reader, s aws.Scope, ref string) (*Cluster, error) {
	arn, err := ParseClusterRef(s, ref)
	if err != nil {
		return nil, err
	}
	c, ok := Clusters.Get(r, arn)
	if !ok || c.Status != ClusterActive {
		return nil, ClusterNotFound()
	}
	return c, nil
}

// Forgotten says whether a deleted cluster can no longer be described.
func (c *Cluster) Forgotten(now time.Time) bool {
	return c.Status == ClusterInactive && !now.Before(c.DeletedAt.Add(ClusterRetention))
}

package ecs

import (
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// maxTaskID is the longest ID of a task: that of the old form, a UUID.
const maxTaskID = 36

// ParseTaskRef returns the ARN that a reference to a task of a cluster means:
// an ID or an ARN, of the form with the cluster's name or the one without.
func ParseTaskRef(c *Cluster, ref string) (arn string, err error) {
	id := ref
	if strings.HasPrefix(ref, "arn:") {
		a, err := aws.ParseARN(ref)
		if err != nil || a.Service != "ecs" || a.Type() != "task" || a.ID() == "" {
			return "", InvalidParameter("Invalid identifier: %s", ref)
		}
		if (aws.Scope{Account: a.Account, Region: a.Region}) != c.Scope {
			return "", InvalidParameter("Invalid identifier: %s is of another account or Region.", ref)
		}
		id = a.ID()
		if name, rest, ok := strings.Cut(id, "/"); ok {
			if name != c.Name {
				return "", InvalidParameter("Identifier is for cluster %s. Your cluster is %s", name, c.Name)
			}
			id = rest
		}
	}
	switch {
	case len(id) > maxTaskID:
		return "", InvalidParameter("taskId longer than %d.", maxTaskID)
	case !IsName(id):
		return "", InvalidParameter("Invalid identifier: %s", ref)
	}
	return TaskARN(c.Scope, c.Name, id), nil
}

// FindTask returns the task of a cluster that a reference means, or AWS's error.
func FindTask(r store.Reader, c *Cluster, ref string) (*Task, error) {
	arn, err := ParseTaskRef(c, ref)
	if err != nil {
		return nil, err
	}
	t, ok := Tasks.Get(r, arn)
	if !ok {
		return nil, InvalidParameter("The referenced task was not found.")
	}
	return t, nil
}

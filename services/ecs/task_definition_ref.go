package ecs

import (
	"strconv"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// DefinitionRef is a reference to a task definition.
type DefinitionRef struct {
	Scope  aws.Scope
	Family string
	// Revision is 0 for the newest active one.
	Revision int
}

// ParseDefinitionRef reads a family, family:revision or an ARN. What is
// malformed is a ClientException; an ARN of another account or region keeps its Scope.
func ParseDefinitionRef(s aws.Scope, ref string) (DefinitionRef, error) {
	id := ref
	if strings.HasPrefix(ref, "arn:") {
		a, err := aws.ParseARN(ref)
		if err != nil || a.Service != "ecs" || a.Type() != "task-definition" {
			return DefinitionRef{}, InvalidParameter("Invalid identifier: '%s' is not the ARN of a task definition.", ref)
		}
		s, id = aws.Scope{Account: a.Account, Region: a.Region}, a.ID()
	}
	family, number, hasRevision := strings.Cut(id, ":")
	if !IsName(family) {
		return DefinitionRef{}, ClientException("Family contains invalid characters.")
	}
	d := DefinitionRef{Scope: s, Family: family}
	if !hasRevision {
		return d, nil
	}
	n, err := strconv.ParseInt(number, 10, 32)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != number {
		return DefinitionRef{}, ClientException("Invalid revision number. Number: %s", number)
	}
	d.Revision = int(n)
	return d, nil
}

// Find returns the task definition that the reference means, in whatever
// status; without a revision, the newest active one. A reference to another
// scope than s finds nothing.
func (d DefinitionRef) Find(r store.Reader, s aws.Scope) (*TaskDefinition, bool) {
	if d.Scope != s {
		return nil, false
	}
	if d.Revision != 0 {
		return TaskDefinitions.Get(r, TaskDefinitionARN(s, d.Family, d.Revision))
	}
	family, ok := Families.Get(r, FamilyARN(s, d.Family))
	if !ok {
		return nil, false
	}
	for n := family.LastRevision; n > 0; n-- {
		if def, ok := TaskDefinitions.Get(r, TaskDefinitionARN(s, d.Family, n)); ok && def.Status == DefinitionActive {
			return def, true
		}
	}
	return nil, false
}

// FindRunnable returns the task definition that a task shall run from, with
// RunTask's errors: it must exist and be active.
func FindRunnable(r store.Reader, s aws.Scope, ref string) (*TaskDefinition, error) {
	d, err := ParseDefinitionRef(s, ref)
	if err != nil {
		return nil, err
	}
	def, ok := d.Find(r, s)
	if !ok {
		return nil, ClientException("TaskDefinition not found.")
	}
	if def.Status != DefinitionActive {
		return nil, ClientException("TaskDefinition is inactive")
	}
	return def, nil
}

package ecs

import (
	"strings"

	"kaimon.dev/kaimon/aws"
)

// RoleARN returns the ARN of an IAM role given by ARN or by name, "" for "". A
// malformed one is a ClientException; whether the role exists isn't looked at.
func RoleARN(s aws.Scope, ref string) (string, error) {
	if ref == "" {
		return "", nil
	}
	name := ref
	if strings.HasPrefix(ref, "arn:") {
		a, err := aws.ParseARN(ref)
		if err != nil || a.Service != "iam" || a.Type() != "role" || len(a.Account) != 12 {
			return "", badRole(ref)
		}
		// A role's path, if it has one, stands before its name.
		name = a.ID()[strings.LastIndexByte(a.ID(), '/')+1:]
	}
	if name == "" || len(name) > 64 || !only(name, nameBytes+"+=,.@") {
		return "", badRole(ref)
	}
	if name != ref {
		return ref, nil
	}
	return aws.ARN{Partition: aws.Partition(s.Region), Service: "iam", Account: s.Account, Resource: "role/" + name}.String(), nil
}

func badRole(ref string) error { return ClientException("Role is not valid: '%s'.", ref) }

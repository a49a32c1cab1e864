package servicediscovery

import (
	"strconv"
	"strings"
	"time"

	"kaimon.dev/kaimon/aws"
)

const (
	namespacePrefix = "ns-"
	servicePrefix   = "srv-"
)

// NamespaceID and ServiceID make IDs of 16 random digits.
func NamespaceID(random string) string { return namespacePrefix + random }

// ServiceID is NamespaceID for services.
func ServiceID(random string) string { return servicePrefix + random }

// OperationID ends in the time, as AWS's do, which keeps operations in order.
func OperationID(random string, at time.Time) string {
	return random + "-" + strconv.FormatInt(at.UnixMilli(), 36)
}

// idOf returns the ID that an ARN of that type ends in, or the text itself.
func idOf(ref, resource string) string {
	if a, err := aws.ParseARN(ref); err == nil && a.Service == "servicediscovery" && a.Type() == resource {
		return a.ID()
	}
	return ref
}

// operationKey sorts operations by the time that their IDs end in.
func operationKey(id string) string {
	random, at, _ := strings.Cut(id, "-")
	return at + "-" + random
}

package ec2

import (
	"strings"
	"unicode/utf8"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Limits of tags (EC2 User Guide, "Tag restrictions").
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

// CheckTag says what is wrong with one tag.
func CheckTag(key, value string) error {
	switch {
	case key == "":
		return ErrInvalidParameter("Tag key cannot be empty.")
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		return ErrInvalidParameter("Tag keys starting with 'aws:' are reserved for internal use")
	case utf8.RuneCountInString(key) > maxTagKey:
		return ErrInvalidParameter("Tag key exceeds the maximum length of %d characters", maxTagKey)
	case utf8.RuneCountInString(value) > maxTagValue:
		return ErrInvalidParameter("Tag value exceeds the maximum length of %d characters", maxTagValue)
	}
	return nil
}

// CheckTagCount says whether a resource may have so many tags.
func CheckTagCount(n int) error {
	if n > maxTags {
		return aws.Errorf("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
	}
	return nil
}

// resourceKinds are the kinds of resources that can be tagged, by ID prefix.
var resourceKinds = []struct {
	prefix, kind string
	// find fails when the scope has no such resource.
	find func(r store.Reader, s aws.Scope, id string) error
}{
	{prefixVPC, "vpc", finder(FindVPC)},
	{prefixSubnet, "subnet", finder(FindSubnet)},
	{prefixSecurityGroup, "security-group", finder(FindSecurityGroup)},
	{prefixRule, "security-group-rule", finder(FindRule)},
	{prefixInterface, "network-interface", finder(FindInterface)},
	{prefixRouteTable, "route-table", finder(FindRouteTable)},
	{prefixInternetGateway, "internet-gateway", finder(FindInternetGateway)},
	{prefixNATGateway, "natgateway", finder(FindNATGateway)},
	{prefixAllocation, "elastic-ip", finder(FindAddress)},
	{prefixNetworkACL, "network-acl", finder(FindNetworkACL)},
	{prefixEndpoint, "vpc-endpoint", finder(FindEndpoint)},
	{prefixDHCPOptions, "dhcp-options", finder(FindDHCPOptions)},
	{prefixPrefixList, "prefix-list", finder(FindOwnPrefixList)},
	{prefixFlowLog, "vpc-flow-log", finder(FindFlowLog)},
}

func finder[T any](find func(store.Reader, aws.Scope, string) (*T, error)) func(store.Reader, aws.Scope, string) error {
	return func(r store.Reader, s aws.Scope, id string) error {
		_, err := find(r, s, id)
		return err
	}
}

// ResourceType is the kind of the resource that an ID names, "" if unknown.
func ResourceType(id string) string {
	for _, k := range resourceKinds {
		if strings.HasPrefix(id, k.prefix) {
			return k.kind
		}
	}
	return ""
}

// CheckTaggable says why tags can't be put on a resource: it isn't there, or
// it would have too many.
func CheckTaggable(r store.Reader, s aws.Scope, id string, more map[string]string) error {
	for _, k := range resourceKinds {
		if !strings.HasPrefix(id, k.prefix) {
			continue
		}
		if err := k.find(r, s, id); err != nil {
			return err
		}
		n := len(more)
		for key := range TagsOf(r, id) {
			if _, replaced := more[key]; !replaced {
				n++
			}
		}
		return CheckTagCount(n)
	}
	return aws.Errorf("InvalidID", "The ID '%s' is not valid", id)
}

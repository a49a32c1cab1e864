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

// resourceKinds are the kinds of resources that can be tagged, by ID prefix.
var resourceKinds = []struct {
	prefix, kind string
	scopeOf      func(r store.Reader, id string) (aws.Scope, bool)
}{
	{prefixVPC, "vpc", func(r store.Reader, id string) (aws.Scope, bool) { return scopeOf(VPCs, r, id, (*VPC).scope) }},
	{prefixSubnet, "subnet", func(r store.Reader, id string) (aws.Scope, bool) { return scopeOf(Subnets, r, id, (*Subnet).scope) }},
	{prefixSecurityGroup, "security-group", func(r store.Reader, id string) (aws.Scope, bool) {
		return scopeOf(SecurityGroups, r, id, (*SecurityGroup).scope)
	}},
	{prefixRule, "security-group-rule", func(r store.Reader, id string) (aws.Scope, bool) {
		return scopeOf(SecurityGroupRules, r, id, (*SecurityGroupRule).scope)
	}},
	{prefixInterface, "network-interface", func(r store.Reader, id string) (aws.Scope, bool) {
		return scopeOf(NetworkInterfaces, r, id, (*NetworkInterface).scope)
	}},
	{prefixRouteTable, "route-table", func(r store.Reader, id string) (aws.Scope, bool) {
		return scopeOf(RouteTables, r, id, (*RouteTable).scope)
	}},
	{prefixInternetGateway, "internet-gateway", func(r store.Reader, id string) (aws.Scope, bool) {
		return scopeOf(InternetGateways, r, id, (*InternetGateway).scope)
	}},
}

func (v *VPC) scope() aws.Scope               { return v.Scope }
func (s *Subnet) scope() aws.Scope            { return s.Scope }
func (g *SecurityGroup) scope() aws.Scope     { return g.Scope }
func (r *SecurityGroupRule) scope() aws.Scope { return r.Scope }
func (i *NetworkInterface) scope() aws.Scope  { return i.Scope }
func (t *RouteTable) scope() aws.Scope        { return t.Scope }
func (g *InternetGateway) scope() aws.Scope   { return g.Scope }

func scopeOf[T any](t *store.Table[T], r store.Reader, id string, scope func(*T) aws.Scope) (aws.Scope, bool) {
	row, ok := t.Get(r, id)
	if !ok {
		return aws.Scope{}, false
	}
	return scope(row), true
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
		if at, ok := k.scopeOf(r, id); !ok || at != s {
			break
		}
		n := len(more)
		for key := range TagsOf(r, id) {
			if _, replaced := more[key]; !replaced {
				n++
			}
		}
		if n > maxTags {
			return aws.Errorf("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
		}
		return nil
	}
	return aws.Errorf("InvalidID", "The ID '%s' is not valid", id)
}

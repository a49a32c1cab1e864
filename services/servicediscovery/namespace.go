package servicediscovery

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// NamespaceType says how the instances of a namespace are found.
type NamespaceType string

// The types of namespaces: by DiscoverInstances alone, or by names in a VPC too.
const (
	HTTP       NamespaceType = "HTTP"
	DNSPrivate NamespaceType = "DNS_PRIVATE"
)

// Namespace groups services. Sole writer: servicediscoveryapi.
type Namespace struct {
	ID    string
	Scope aws.Scope
	Name  string
	// HTTPName is what DiscoverInstances calls it: the name, with a hash where
	// that is taken.
	HTTPName    string
	Type        NamespaceType
	Description string
	// VPC is where a private DNS namespace resolves.
	VPC string
	// HostedZone and SOATTL (seconds) are those of its zone.
	HostedZone       string
	SOATTL           int64
	CreatorRequestID string
	CreatedAt        time.Time
	Tags             map[string]string
}

// Namespaces holds every namespace by ID.
var Namespaces = store.NewTable("servicediscovery.namespaces", func(n *Namespace) string { return n.ID },
	store.Index[Namespace]{Name: byScope, Keys: func(n *Namespace) []string { return []string{scopeKey(n.Scope)} }},
	store.Index[Namespace]{Name: byVPC, Keys: func(n *Namespace) []string { return []string{n.VPC} }})

// ARN is the namespace's.
func (n *Namespace) ARN() string {
	return n.Scope.ARN("servicediscovery", "namespace/"+n.ID).String()
}

// Zone is the domain of the namespace's names, in lower case, without a dot at its end.
func (n *Namespace) Zone() string { return strings.ToLower(n.Name) }

// NamespacesIn iterates over the namespaces of an account and region.
func NamespacesIn(r store.Reader, s aws.Scope) iter.Seq[*Namespace] {
	return Namespaces.By(r, byScope, scopeKey(s))
}

// FindNamespace returns a namespace of the scope by its ID or ARN.
func FindNamespace(r store.Reader, s aws.Scope, ref string) (*Namespace, error) {
	if n, ok := Namespaces.Get(r, idOf(ref, "namespace")); ok && n.Scope == s {
		return n, nil
	}
	return nil, ErrNamespaceNotFound(ref)
}

// NamespaceByHTTPName returns the namespace that DiscoverInstances calls so.
func NamespaceByHTTPName(r store.Reader, s aws.Scope, name string) (*Namespace, error) {
	for n := range NamespacesIn(r, s) {
		if n.HTTPName == name {
			return n, nil
		}
	}
	return nil, ErrNamespaceNotFound(name)
}

// AddNamespace inserts a namespace, whose name must be free: among HTTP
// namespaces, or among those of its VPC. A request that is repeated with its
// ID finds what it made.
func AddNamespace(tx *store.Txn, n Namespace) (*Namespace, error) {
	n.HTTPName = n.Name
	for have := range NamespacesIn(tx, n.Scope) {
		if have.Type == n.Type && have.VPC == n.VPC && strings.EqualFold(have.Name, n.Name) {
			if n.CreatorRequestID != "" && have.CreatorRequestID == n.CreatorRequestID {
				return have, nil
			}
			return nil, ErrNamespaceExists(have)
		}
		if have.HTTPName == n.HTTPName {
			n.HTTPName = n.Name + "-" + strings.TrimPrefix(n.ID, namespacePrefix)
		}
	}
	Namespaces.Put(tx, n)
	return &n, nil
}

// RemoveNamespace deletes a namespace without services.
func RemoveNamespace(tx *store.Txn, n *Namespace) error {
	for range ServicesOf(tx, n.ID) {
		return ErrNamespaceInUse(n)
	}
	Namespaces.Delete(tx, n.ID)
	return nil
}

// PrivateNamespaces returns the namespaces that resolve in a VPC, the longest
// name first: that is the one that owns a name of several.
func PrivateNamespaces(r store.Reader, vpc string) []*Namespace {
	if vpc == "" {
		return nil
	}
	all := slices.Collect(Namespaces.By(r, byVPC, vpc))
	slices.SortFunc(all, func(a, b *Namespace) int {
		return cmp.Or(cmp.Compare(len(b.Name), len(a.Name)), cmp.Compare(a.ID, b.ID))
	})
	return all
}

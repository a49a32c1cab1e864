package servicediscovery

import (
	"iter"
	"slices"
	"strings"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Routing says how many of a service's instances a DNS answer names.
type Routing string

// The routing policies (API Reference, DnsConfig).
const (
	// Multivalue answers with up to eight instances.
	Multivalue Routing = "MULTIVALUE"
	// Weighted answers with one, picked at random.
	Weighted Routing = "WEIGHTED"
)

// RecordType is the type of a DNS record.
type RecordType string

// The record types of Cloud Map.
const (
	A     RecordType = "A"
	AAAA  RecordType = "AAAA"
	CNAME RecordType = "CNAME"
	SRV   RecordType = "SRV"
)

// Record is a kind of DNS record that every instance of a service has.
type Record struct {
	Type RecordType
	// TTL is in seconds.
	TTL int64
}

// Service is a name in a namespace under which instances are found. Writers:
// servicediscoveryapi, and RegisterInstance and DeregisterInstance for Revision.
type Service struct {
	ID          string
	Scope       aws.Scope
	Namespace   string
	Name        string
	Description string
	// Records are empty for a service that DNS doesn't know.
	Records []Record
	Routing Routing
	// HTTPOnly says that the service was made with type HTTP.
	HTTPOnly bool
	// CustomHealth says that instances have a health that is told by
	// UpdateInstanceCustomHealthStatus.
	CustomHealth     bool
	CreatorRequestID string
	CreatedAt        time.Time
	Tags             map[string]string
	// Attributes are those of UpdateServiceAttributes.
	Attributes map[string]string
	// Revision counts the changes of instances.
	Revision int64
}

// Services holds every service by ID.
var Services = store.NewTable("servicediscovery.services", func(s *Service) string { return s.ID },
	store.Index[Service]{Name: byScope, Keys: func(s *Service) []string { return []string{scopeKey(s.Scope)} }},
	store.Index[Service]{Name: byNamespace, Keys: func(s *Service) []string { return []string{s.Namespace} }})

// ARN is the service's.
func (s *Service) ARN() string { return s.Scope.ARN("servicediscovery", "service/"+s.ID).String() }

// Has returns the service's record of a type.
func (s *Service) Has(t RecordType) (Record, bool) {
	i := slices.IndexFunc(s.Records, func(r Record) bool { return r.Type == t })
	if i < 0 {
		return Record{}, false
	}
	return s.Records[i], true
}

// ServicesIn iterates over the services of an account and region.
func ServicesIn(r store.Reader, s aws.Scope) iter.Seq[*Service] {
	return Services.By(r, byScope, scopeKey(s))
}

// ServicesOf iterates over a namespace's services.
func ServicesOf(r store.Reader, namespace string) iter.Seq[*Service] {
	return Services.By(r, byNamespace, namespace)
}

// FindService returns a service of the scope by its ID or ARN.
func FindService(r store.Reader, s aws.Scope, ref string) (*Service, error) {
	if row, ok := Services.Get(r, idOf(ref, "service")); ok && row.Scope == s {
		return row, nil
	}
	return nil, ErrServiceNotFound(ref)
}

// ServiceNamed returns a namespace's service. Where DNS knows it case makes no
// difference.
func ServiceNamed(r store.Reader, n *Namespace, name string) (*Service, bool) {
	for s := range ServicesOf(r, n.ID) {
		if s.Name == name || n.Type == DNSPrivate && strings.EqualFold(s.Name, name) {
			return s, true
		}
	}
	return nil, false
}

// AddService inserts a service, whose name must be free in its namespace. A
// request that is repeated with its ID finds what it made.
func AddService(tx *store.Txn, n *Namespace, s Service) (*Service, error) {
	if have, ok := ServiceNamed(tx, n, s.Name); ok {
		if s.CreatorRequestID != "" && have.CreatorRequestID == s.CreatorRequestID {
			return have, nil
		}
		return nil, ErrServiceExists(have)
	}
	if err := s.check(n); err != nil {
		return nil, err
	}
	Services.Put(tx, s)
	return &s, nil
}

// RemoveService deletes a service without instances.
func RemoveService(tx *store.Txn, s *Service) error {
	for range InstancesOf(tx, s.ID) {
		return ErrServiceInUse(s)
	}
	Services.Delete(tx, s.ID)
	return nil
}

// check says what is wrong with a new service (API Reference, CreateService and
// DnsRecord).
func (s *Service) check(n *Namespace) error {
	if n.Type == HTTP || s.HTTPOnly {
		if len(s.Records) > 0 {
			return ErrInvalidInput("DnsConfig can't be specified for a service that is only discoverable by API calls.")
		}
		return nil
	}
	if len(s.Records) == 0 {
		return ErrInvalidInput("DnsConfig is required for a service in a DNS namespace whose Type is not HTTP.")
	}
	return checkRecords(s.Records, s.Routing)
}

func checkRecords(records []Record, routing Routing) error {
	var types []string
	for _, r := range records {
		types = append(types, string(r.Type))
	}
	slices.Sort(types)
	switch strings.Join(types, " ") {
	case "A", "AAAA", "A AAAA", "SRV":
		return nil
	case "CNAME":
		if routing != Weighted {
			return ErrInvalidInput("RoutingPolicy must be WEIGHTED for a service with CNAME records.")
		}
		return nil
	}
	return ErrInvalidInput("Invalid combination of DNS record types: %s. Valid combinations are A, AAAA, A and AAAA, SRV, CNAME.", strings.Join(types, ", "))
}

// Retimed returns the service with other TTLs: what UpdateService may change of
// its records. Types that it leaves out would go, and new ones come, which it
// can't do.
func (s *Service) Retimed(records []Record) (Service, error) {
	changed := *s
	if len(records) != len(s.Records) {
		return changed, ErrInvalidInput("The DNS record types of a service can't be changed.")
	}
	for _, r := range records {
		if _, ok := s.Has(r.Type); !ok {
			return changed, ErrInvalidInput("The DNS record types of a service can't be changed.")
		}
	}
	if err := checkRecords(records, s.Routing); err != nil {
		return changed, err
	}
	changed.Records = records
	return changed, nil
}

package servicediscovery

import (
	"iter"
	"maps"
	"net/netip"
	"strconv"
	"strings"

	"kaimon.dev/kaimon/store"
)

// Attributes of instances that have a meaning (API Reference, RegisterInstance).
const (
	AttributeAlias         = "AWS_ALIAS_DNS_NAME"
	AttributeEC2Instance   = "AWS_EC2_INSTANCE_ID"
	AttributeInitialHealth = "AWS_INIT_HEALTH_STATUS"
	AttributeCNAME         = "AWS_INSTANCE_CNAME"
	AttributeIPv4          = "AWS_INSTANCE_IPV4"
	AttributeIPv6          = "AWS_INSTANCE_IPV6"
	AttributePort          = "AWS_INSTANCE_PORT"
)

// Health is what is known of an instance.
type Health string

// The states of health. Unknown is that of instances without a health check.
const (
	Healthy   Health = "HEALTHY"
	Unhealthy Health = "UNHEALTHY"
	Unknown   Health = "UNKNOWN"
)

// Instance is one place where a service is found. Writers: servicediscoveryapi
// and, for a task's, ecsctl, through RegisterInstance, SetHealth and
// DeregisterInstance.
type Instance struct {
	Service          string
	ID               string
	CreatorRequestID string
	// Attributes are without AWS_INIT_HEALTH_STATUS.
	Attributes map[string]string
	Health     Health
}

// Instances holds every instance by service and ID.
var Instances = store.NewTable("servicediscovery.instances", func(i *Instance) string { return instanceKey(i.Service, i.ID) },
	store.Index[Instance]{Name: byService, Keys: func(i *Instance) []string { return []string{i.Service} }})

func instanceKey(service, id string) string { return service + "|" + id }

// InstancesOf iterates over a service's instances in order of ID.
func InstancesOf(r store.Reader, service string) iter.Seq[*Instance] {
	return Instances.By(r, byService, service)
}

// FindInstance returns an instance of a service.
func FindInstance(r store.Reader, s *Service, id string) (*Instance, error) {
	if i, ok := Instances.Get(r, instanceKey(s.ID, id)); ok {
		return i, nil
	}
	return nil, ErrInstanceNotFound(id)
}

// RegisterInstance adds an instance to a service, or replaces it.
func RegisterInstance(tx *store.Txn, s *Service, i Instance) error {
	if err := s.checkAttributes(i.Attributes); err != nil {
		return err
	}
	i.Service = s.ID
	i.Health = Unknown
	if s.CustomHealth {
		i.Health = Healthy
		if h := i.Attributes[AttributeInitialHealth]; h != "" {
			i.Health = Health(h)
		}
	}
	i.Attributes = maps.Clone(i.Attributes)
	delete(i.Attributes, AttributeInitialHealth)
	if have, ok := Instances.Get(tx, instanceKey(s.ID, i.ID)); ok && same(have, &i) {
		return nil
	}
	Instances.Put(tx, i)
	bump(tx, s.ID)
	return nil
}

func same(a, b *Instance) bool {
	return a.Health == b.Health && a.CreatorRequestID == b.CreatorRequestID && maps.Equal(a.Attributes, b.Attributes)
}

// SetHealth says how an instance is whose service has a custom health check.
func SetHealth(tx *store.Txn, s *Service, id string, h Health) error {
	i, err := FindInstance(tx, s, id)
	if err != nil {
		return err
	}
	if !s.CustomHealth {
		return ErrCustomHealthNotFound(s, id)
	}
	if i.Health == h {
		return nil
	}
	changed := *i
	changed.Health = h
	Instances.Put(tx, changed)
	bump(tx, s.ID)
	return nil
}

// DeregisterInstance removes an instance from its service; ok is false when it
// isn't there.
func DeregisterInstance(tx *store.Txn, service, id string) (ok bool) {
	if !Instances.Delete(tx, instanceKey(service, id)) {
		return false
	}
	bump(tx, service)
	return true
}

// bump counts a change of a service's instances.
func bump(tx *store.Txn, service string) {
	if s, ok := Services.Get(tx, service); ok {
		changed := *s
		changed.Revision++
		Services.Put(tx, changed)
	}
}

// checkAttributes says what a service's records need of an instance and don't get.
func (s *Service) checkAttributes(a map[string]string) error {
	if h := a[AttributeInitialHealth]; h != "" && h != string(Healthy) && h != string(Unhealthy) {
		return ErrInvalidInput("Invalid value for %s: %s. Valid values are HEALTHY and UNHEALTHY.", AttributeInitialHealth, h)
	}
	if a[AttributeEC2Instance] != "" {
		return ErrInvalidInput("The instance ID '%s' does not exist.", a[AttributeEC2Instance])
	}
	if err := checkAddress(a, AttributeIPv4, netip.Addr.Is4); err != nil {
		return err
	}
	if err := checkAddress(a, AttributeIPv6, netip.Addr.Is6); err != nil {
		return err
	}
	if p := a[AttributePort]; p != "" {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
			return ErrInvalidInput("Invalid value for %s: %s. Valid values are 1 to 65535.", AttributePort, p)
		}
	}
	if alias := a[AttributeAlias]; alias != "" {
		return s.checkAlias(a)
	}
	needs := map[RecordType]string{A: AttributeIPv4, AAAA: AttributeIPv6, CNAME: AttributeCNAME, SRV: AttributePort}
	for _, r := range s.Records {
		if a[needs[r.Type]] == "" {
			return ErrInvalidInput("The attribute %s is required: the service has %s records.", needs[r.Type], r.Type)
		}
	}
	if _, srv := s.Has(SRV); srv && a[AttributeIPv4] == "" && a[AttributeIPv6] == "" {
		return ErrInvalidInput("The attribute %s or %s is required: the service has SRV records.", AttributeIPv4, AttributeIPv6)
	}
	return nil
}

func checkAddress(a map[string]string, name string, family func(netip.Addr) bool) error {
	v := a[name]
	if v == "" {
		return nil
	}
	if addr, err := netip.ParseAddr(v); err != nil || !family(addr) {
		return ErrInvalidInput("Invalid value for %s: %s.", name, v)
	}
	return nil
}

// checkAlias holds the rules of records that lead to a load balancer.
func (s *Service) checkAlias(a map[string]string) error {
	_, v4 := s.Has(A)
	_, v6 := s.Has(AAAA)
	if s.Routing != Weighted || !v4 && !v6 {
		return ErrInvalidInput("%s needs a service with A or AAAA records and the routing policy WEIGHTED.", AttributeAlias)
	}
	for name := range a {
		if strings.HasPrefix(name, "AWS_INSTANCE_") {
			return ErrInvalidInput("%s can't be specified together with %s.", AttributeAlias, name)
		}
	}
	return nil
}

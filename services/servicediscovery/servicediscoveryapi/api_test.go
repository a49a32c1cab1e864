package servicediscoveryapi

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/servicediscovery"
	"kaimon.dev/kaimon/store"
)

var ctx = aws.WithCaller(context.Background(), aws.Caller{Account: "123456789012", Region: "eu-west-1"})

type stopped struct{ now time.Time }

func (c *stopped) Now() time.Time { return c.now }

func newHandlers(t *testing.T) *Handlers {
	t.Helper()
	s := store.OpenMemory(append(servicediscovery.Tables(), ec2.Tables()...)...)
	t.Cleanup(func() { s.Close() })
	err := s.Update(ctx, func(tx *store.Txn) error {
		ec2.VPCs.Put(tx, ec2.VPC{ID: "vpc-a", Scope: aws.CallerFrom(ctx).Scope()})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	return &Handlers{
		Store: s, Clock: &stopped{time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)},
		Hex:   func(size int) string { n++; return fmt.Sprintf("%0*x", 2*size, n) },
		Below: func(int) int { return 0 },
	}
}

func refused(t *testing.T, what, code string, err error) {
	t.Helper()
	if !errors.Is(err, &aws.Error{Code: code}) {
		t.Errorf("%s: got %v, want %s", what, err, code)
	}
}

// must returns a call's answer.
func must[T any](out T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

func operation(t *testing.T, h *Handlers, id *string) *Operation {
	t.Helper()
	return must(h.GetOperation(ctx, &GetOperationInput{OperationId: id}))(t).Operation
}

// namespace makes a private namespace and returns its ID.
func namespace(t *testing.T, h *Handlers, name string) *string {
	t.Helper()
	out := must(h.CreatePrivateDnsNamespace(ctx, &CreatePrivateDnsNamespaceInput{Name: &name, Vpc: wire.Ptr("vpc-a")}))(t)
	o := operation(t, h, out.OperationId)
	if *o.Status != "SUCCESS" || *o.Type != "CREATE_NAMESPACE" {
		t.Fatalf("operation %+v", o)
	}
	return wire.Ptr(o.Targets["NAMESPACE"])
}

func service(t *testing.T, h *Handlers, namespace *string, name string) *Service {
	t.Helper()
	return must(h.CreateService(ctx, &CreateServiceInput{
		Name: &name, NamespaceId: namespace, HealthCheckCustomConfig: &HealthCheckCustomConfig{},
		DnsConfig: &DnsConfig{DnsRecords: []DnsRecord{{Type: wire.Ptr("A"), TTL: wire.Ptr(int64(10))}}},
	}))(t).Service
}

func TestNamespaces(t *testing.T) {
	h := newHandlers(t)
	id := namespace(t, h, "shop.local")
	n := must(h.GetNamespace(ctx, &GetNamespaceInput{Id: id}))(t).Namespace
	if *n.Type != "DNS_PRIVATE" || *n.Properties.HttpProperties.HttpName != "shop.local" || *n.Properties.DnsProperties.SOA.TTL != 15 || *n.ServiceCount != 0 {
		t.Errorf("namespace %+v", n)
	}
	if byARN := must(h.GetNamespace(ctx, &GetNamespaceInput{Id: n.Arn}))(t).Namespace; *byARN.Id != *id {
		t.Errorf("by ARN %s", *byARN.Id)
	}
	_, err := h.CreatePrivateDnsNamespace(ctx, &CreatePrivateDnsNamespaceInput{Name: wire.Ptr("shop.local"), Vpc: wire.Ptr("vpc-a")})
	refused(t, "a name that is taken", "NamespaceAlreadyExists", err)
	out := must(h.CreatePrivateDnsNamespace(ctx, &CreatePrivateDnsNamespaceInput{Name: wire.Ptr("other"), Vpc: wire.Ptr("vpc-gone")}))(t)
	if o := operation(t, h, out.OperationId); *o.Status != "FAIL" || *o.ErrorCode != "CANNOT_CREATE_HOSTED_ZONE" {
		t.Errorf("a VPC that isn't there: %+v", o)
	}
	update := must(h.UpdatePrivateDnsNamespace(ctx, &UpdatePrivateDnsNamespaceInput{Id: id, Namespace: &PrivateDnsNamespaceChange{
		Properties: &PrivateDnsNamespacePropertiesChange{DnsProperties: &PrivateDnsPropertiesMutableChange{SOA: &SOAChange{TTL: wire.Ptr(int64(60))}}},
	}}))(t)
	if o := operation(t, h, update.OperationId); *o.Type != "UPDATE_NAMESPACE" {
		t.Errorf("operation %+v", o)
	}
	if n := must(h.GetNamespace(ctx, &GetNamespaceInput{Id: id}))(t).Namespace; *n.Properties.DnsProperties.SOA.TTL != 60 {
		t.Errorf("updated %+v", n)
	}
	_, err = h.UpdateHttpNamespace(ctx, &UpdateHttpNamespaceInput{Id: id, Namespace: &HttpNamespaceChange{}})
	refused(t, "the wrong type", "InvalidInput", err)
	service(t, h, id, "web")
	_, err = h.DeleteNamespace(ctx, &DeleteNamespaceInput{Id: id})
	refused(t, "with a service", "ResourceInUse", err)
}

func TestListNamespaces(t *testing.T) {
	h := newHandlers(t)
	namespace(t, h, "a.local")
	namespace(t, h, "b.local")
	must(h.CreateHttpNamespace(ctx, &CreateHttpNamespaceInput{Name: wire.Ptr("a.http")}))(t)
	for _, c := range []struct {
		filter NamespaceFilter
		want   int
	}{
		{NamespaceFilter{Name: wire.Ptr("TYPE"), Values: []string{"HTTP"}}, 1},
		{NamespaceFilter{Name: wire.Ptr("NAME"), Values: []string{"a.local"}, Condition: wire.Ptr("EQ")}, 1},
		{NamespaceFilter{Name: wire.Ptr("NAME"), Values: []string{"a."}, Condition: wire.Ptr("BEGINS_WITH")}, 2},
		{NamespaceFilter{Name: wire.Ptr("HTTP_NAME"), Values: []string{"x"}}, 0},
		{NamespaceFilter{Name: wire.Ptr("RESOURCE_OWNER"), Values: []string{"SELF"}}, 3},
	} {
		out := must(h.ListNamespaces(ctx, &ListNamespacesInput{Filters: []NamespaceFilter{c.filter}}))(t)
		if len(out.Namespaces) != c.want {
			t.Errorf("%s %v: %d, want %d", *c.filter.Name, c.filter.Values, len(out.Namespaces), c.want)
		}
	}
	_, err := h.ListNamespaces(ctx, &ListNamespacesInput{Filters: []NamespaceFilter{{Name: wire.Ptr("NAME"), Values: []string{"a", "b"}}}})
	refused(t, "two values for EQ", "InvalidInput", err)
	first := must(h.ListNamespaces(ctx, &ListNamespacesInput{MaxResults: wire.Ptr(int32(2))}))(t)
	rest := must(h.ListNamespaces(ctx, &ListNamespacesInput{NextToken: first.NextToken}))(t)
	if len(first.Namespaces) != 2 || len(rest.Namespaces) != 1 || rest.NextToken != nil {
		t.Errorf("pages of %d and %d", len(first.Namespaces), len(rest.Namespaces))
	}
	_, err = h.ListNamespaces(ctx, &ListNamespacesInput{NextToken: wire.Ptr("x")})
	refused(t, "a made-up token", "InvalidInput", err)
}

func TestServices(t *testing.T) {
	h := newHandlers(t)
	id := namespace(t, h, "local")
	s := service(t, h, id, "web")
	if *s.Type != "DNS_HTTP" || *s.DnsConfig.RoutingPolicy != "MULTIVALUE" || *s.HealthCheckCustomConfig.FailureThreshold != 1 {
		t.Errorf("service %+v", s)
	}
	_, err := h.CreateService(ctx, &CreateServiceInput{Name: wire.Ptr("WEB"), NamespaceId: id, DnsConfig: &DnsConfig{DnsRecords: []DnsRecord{{Type: wire.Ptr("A")}}}})
	refused(t, "a name that DNS can't tell apart", "ServiceAlreadyExists", err)
	_, err = h.CreateService(ctx, &CreateServiceInput{Name: wire.Ptr("x")})
	refused(t, "no namespace", "InvalidInput", err)
	_, err = h.CreateService(ctx, &CreateServiceInput{Name: wire.Ptr("x"), NamespaceId: wire.Ptr("ns-gone")})
	refused(t, "unknown namespace", "NamespaceNotFound", err)
	_, err = h.CreateService(ctx, &CreateServiceInput{Name: wire.Ptr("x"), NamespaceId: id, HealthCheckConfig: &HealthCheckConfig{Type: wire.Ptr("TCP")}})
	refused(t, "a Route 53 health check", "InvalidInput", err)
	up := must(h.UpdateService(ctx, &UpdateServiceInput{Id: s.Id, Service: &ServiceChange{
		Description: wire.Ptr("new"), DnsConfig: &DnsConfigChange{DnsRecords: []DnsRecord{{Type: wire.Ptr("A"), TTL: wire.Ptr(int64(60))}}},
	}}))(t)
	if o := operation(t, h, up.OperationId); o.Targets["SERVICE"] != *s.Id {
		t.Errorf("operation %+v", o)
	}
	s = must(h.GetService(ctx, &GetServiceInput{Id: s.Arn}))(t).Service
	if *s.Description != "new" || *s.DnsConfig.DnsRecords[0].TTL != 60 {
		t.Errorf("updated %+v", s)
	}
	listed := must(h.ListServices(ctx, &ListServicesInput{Filters: []ServiceFilter{{Name: wire.Ptr("NAMESPACE_ID"), Values: []string{*id}}}}))(t)
	none := must(h.ListServices(ctx, &ListServicesInput{Filters: []ServiceFilter{{Name: wire.Ptr("NAMESPACE_ID"), Values: []string{"ns-x"}}}}))(t)
	if len(listed.Services) != 1 || len(none.Services) != 0 {
		t.Errorf("listed %d and %d", len(listed.Services), len(none.Services))
	}
	must(h.DeleteService(ctx, &DeleteServiceInput{Id: s.Id}))(t)
	must(h.DeleteNamespace(ctx, &DeleteNamespaceInput{Id: id}))(t)
}

func TestInstances(t *testing.T) {
	h := newHandlers(t)
	s := service(t, h, namespace(t, h, "local"), "web")
	for _, addr := range []string{"10.0.0.1", "10.0.0.2"} {
		out := must(h.RegisterInstance(ctx, &RegisterInstanceInput{ServiceId: s.Id, InstanceId: wire.Ptr("i" + addr), Attributes: map[string]string{"AWS_INSTANCE_IPV4": addr}}))(t)
		if o := operation(t, h, out.OperationId); o.Targets["INSTANCE"] != "i"+addr {
			t.Errorf("operation %+v", o)
		}
	}
	_, err := h.RegisterInstance(ctx, &RegisterInstanceInput{ServiceId: s.Id, InstanceId: wire.Ptr("x"), Attributes: map[string]string{}})
	refused(t, "no address", "InvalidInput", err)
	if one := must(h.GetInstance(ctx, &GetInstanceInput{ServiceId: s.Id, InstanceId: wire.Ptr("i10.0.0.1")}))(t); one.Instance.Attributes["AWS_INSTANCE_IPV4"] != "10.0.0.1" {
		t.Errorf("instance %+v", one.Instance)
	}
	if all := must(h.ListInstances(ctx, &ListInstancesInput{ServiceId: s.Id}))(t); len(all.Instances) != 2 {
		t.Errorf("listed %+v", all)
	}
	must(h.UpdateInstanceCustomHealthStatus(ctx, &UpdateInstanceCustomHealthStatusInput{ServiceId: s.Id, InstanceId: wire.Ptr("i10.0.0.2"), Status: wire.Ptr("UNHEALTHY")}))(t)
	status := must(h.GetInstancesHealthStatus(ctx, &GetInstancesHealthStatusInput{ServiceId: s.Id}))(t).Status
	if status["i10.0.0.1"] != "HEALTHY" || status["i10.0.0.2"] != "UNHEALTHY" {
		t.Errorf("health %v", status)
	}
	_, err = h.GetInstancesHealthStatus(ctx, &GetInstancesHealthStatusInput{ServiceId: s.Id, Instances: []string{"gone"}})
	refused(t, "health of nothing", "InstanceNotFound", err)
	query := &DiscoverInstancesInput{NamespaceName: wire.Ptr("local"), ServiceName: wire.Ptr("web"), HealthStatus: wire.Ptr("HEALTHY")}
	found := must(h.DiscoverInstances(ctx, query))(t)
	if len(found.Instances) != 1 || *found.Instances[0].InstanceId != "i10.0.0.1" || *found.InstancesRevision != 3 {
		t.Errorf("found %+v", found)
	}
	query.HealthStatus, query.MaxResults = nil, wire.Ptr(int32(1))
	if found = must(h.DiscoverInstances(ctx, query))(t); len(found.Instances) != 1 {
		t.Errorf("found %d, want 1", len(found.Instances))
	}
	query.ServiceName = wire.Ptr("gone")
	_, err = h.DiscoverInstances(ctx, query)
	refused(t, "unknown service", "ServiceNotFound", err)
	query.NamespaceName = wire.Ptr("gone")
	_, err = h.DiscoverInstances(ctx, query)
	refused(t, "unknown namespace", "NamespaceNotFound", err)
	rev := must(h.DiscoverInstancesRevision(ctx, &DiscoverInstancesRevisionInput{NamespaceName: wire.Ptr("local"), ServiceName: wire.Ptr("web")}))(t)
	if *rev.InstancesRevision != 3 {
		t.Errorf("revision %d", *rev.InstancesRevision)
	}
	_, err = h.DeleteService(ctx, &DeleteServiceInput{Id: s.Id})
	refused(t, "with instances", "ResourceInUse", err)
	must(h.DeregisterInstance(ctx, &DeregisterInstanceInput{ServiceId: s.Id, InstanceId: wire.Ptr("i10.0.0.1")}))(t)
	_, err = h.DeregisterInstance(ctx, &DeregisterInstanceInput{ServiceId: s.Id, InstanceId: wire.Ptr("i10.0.0.1")})
	refused(t, "twice", "InstanceNotFound", err)
}

func TestOperations(t *testing.T) {
	h := newHandlers(t)
	id := namespace(t, h, "local")
	namespace(t, h, "other")
	for _, c := range []struct {
		name      string
		values    []string
		condition string
		want      int
	}{
		{"NAMESPACE_ID", []string{*id}, "", 1},
		{"TYPE", []string{"CREATE_NAMESPACE", "DELETE_NAMESPACE"}, "IN", 2},
		{"STATUS", []string{"FAIL"}, "", 0},
		{"UPDATE_DATE", []string{"0", "99999999999"}, "BETWEEN", 2},
		{"UPDATE_DATE", []string{"0", "1"}, "BETWEEN", 0},
	} {
		f := OperationFilter{Name: &c.name, Values: c.values}
		if c.condition != "" {
			f.Condition = &c.condition
		}
		if out := must(h.ListOperations(ctx, &ListOperationsInput{Filters: []OperationFilter{f}}))(t); len(out.Operations) != c.want {
			t.Errorf("%s %v: %d, want %d", c.name, c.values, len(out.Operations), c.want)
		}
	}
	for _, f := range []OperationFilter{
		{Name: wire.Ptr("UPDATE_DATE"), Values: []string{"0"}},
		{Name: wire.Ptr("UPDATE_DATE"), Values: []string{"x", "y"}, Condition: wire.Ptr("BETWEEN")},
		{Name: wire.Ptr("TYPE"), Values: []string{"a", "b"}, Condition: wire.Ptr("BETWEEN")},
	} {
		_, err := h.ListOperations(ctx, &ListOperationsInput{Filters: []OperationFilter{f}})
		refused(t, fmt.Sprint(f.Values), "InvalidInput", err)
	}
	_, err := h.GetOperation(ctx, &GetOperationInput{OperationId: wire.Ptr("x-y")})
	refused(t, "unknown", "OperationNotFound", err)
}

func TestTagsAndAttributes(t *testing.T) {
	h := newHandlers(t)
	s := service(t, h, namespace(t, h, "local"), "web")
	must(h.TagResource(ctx, &TagResourceInput{ResourceARN: s.Arn, Tags: []Tag{{Key: wire.Ptr("b"), Value: wire.Ptr("2")}, {Key: wire.Ptr("a"), Value: wire.Ptr("1")}}}))(t)
	must(h.UntagResource(ctx, &UntagResourceInput{ResourceARN: s.Arn, TagKeys: []string{"b"}}))(t)
	tags := must(h.ListTagsForResource(ctx, &ListTagsForResourceInput{ResourceARN: s.Arn}))(t).Tags
	if len(tags) != 1 || *tags[0].Key != "a" {
		t.Errorf("tags %+v", tags)
	}
	_, err := h.TagResource(ctx, &TagResourceInput{ResourceARN: wire.Ptr("arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-x")})
	refused(t, "unknown", "ResourceNotFoundException", err)
	must(h.UpdateServiceAttributes(ctx, &UpdateServiceAttributesInput{ServiceId: s.Id, Attributes: map[string]string{"a": "1", "b": "2"}}))(t)
	must(h.DeleteServiceAttributes(ctx, &DeleteServiceAttributesInput{ServiceId: s.Id, Attributes: []string{"a"}}))(t)
	got := must(h.GetServiceAttributes(ctx, &GetServiceAttributesInput{ServiceId: s.Id}))(t).ServiceAttributes.Attributes
	if len(got) != 1 || got["b"] != "2" {
		t.Errorf("attributes %v", got)
	}
	many := map[string]string{}
	for i := range 30 {
		many[fmt.Sprint(i)] = ""
	}
	_, err = h.UpdateServiceAttributes(ctx, &UpdateServiceAttributesInput{ServiceId: s.Id, Attributes: many})
	refused(t, "31 attributes", "ServiceAttributesLimitExceededException", err)
}

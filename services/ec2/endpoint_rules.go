package ec2

import (
	"encoding/json"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// EndpointService is a service that endpoints lead to.
type EndpointService struct {
	// Name is such as "com.amazonaws.eu-west-1.logs".
	Name   string
	Region string
	// Gateway says that it has gateway endpoints, else interface endpoints.
	Gateway bool
}

// interfaceServices are the services behind interface endpoints, as AWS names them.
var interfaceServices = []string{"ec2", "ecr.api", "ecr.dkr", "ecs", "elasticloadbalancing", "logs", "servicediscovery", "sts"}

// EndpointServices are the services that a region's endpoints lead to, in order
// of their names.
func EndpointServices(region string) []EndpointService {
	var out []EndpointService
	for _, name := range interfaceServices {
		out = append(out, EndpointService{Name: "com.amazonaws." + region + "." + name, Region: region})
	}
	out = append(out, EndpointService{Name: StorageService(region), Region: region, Gateway: true})
	return out
}

// EndpointServiceID is the ID of a service by its name.
func EndpointServiceID(name string) string { return fixedID("vpce-svc-", aws.Scope{}, name) }

// FindEndpointService returns a region's service by name.
func FindEndpointService(region, name string) (EndpointService, error) {
	for _, s := range EndpointServices(region) {
		if s.Name == name {
			return s, nil
		}
	}
	return EndpointService{}, aws.Errorf("InvalidServiceName", "The Vpc Endpoint Service '%s' does not exist", name)
}

// CheckEndpoint says why an endpoint can't be as it is.
func CheckEndpoint(r store.Reader, e *Endpoint) error {
	switch {
	case e.Gateway && len(e.Subnets)+len(e.Groups) > 0:
		return aws.Errorf("InvalidParameter", "Subnets and security groups are not supported for endpoints of type Gateway.")
	case !e.Gateway && len(e.RouteTables) > 0:
		return aws.Errorf("InvalidParameter", "Route table IDs are only supported for endpoints of type Gateway.")
	case e.Gateway:
		return checkEndpointTables(r, e)
	}
	if err := CheckInterfaceGroups(r, e.Scope, e.VPC, e.Groups); err != nil {
		return err
	}
	if err := checkEndpointSubnets(r, e); err != nil {
		return err
	}
	return checkPrivateDNS(r, e)
}

func checkEndpointTables(r store.Reader, e *Endpoint) error {
	for _, id := range e.RouteTables {
		t, err := FindRouteTable(r, e.Scope, id)
		if err != nil {
			return err
		}
		if t.VPC != e.VPC {
			return aws.Errorf("InvalidParameter", "Route table %s and VPC endpoint belong to different networks.", id)
		}
		for _, other := range EndpointsOfTable(r, t) {
			if other.ID != e.ID && other.Service == e.Service {
				return aws.Errorf("RouteAlreadyExists", "route table %s already has a route with destination-prefix-list-id %s", id, StorageListID(e.Scope.Region))
			}
		}
	}
	return nil
}

func checkEndpointSubnets(r store.Reader, e *Endpoint) error {
	zones := map[string]bool{}
	for _, id := range e.Subnets {
		s, err := FindSubnet(r, e.Scope, id)
		switch {
		case err != nil:
			return err
		case s.VPC != e.VPC:
			return aws.Errorf("InvalidParameter", "Subnet %s and VPC endpoint belong to different networks.", id)
		case zones[s.Zone]:
			return aws.Errorf("DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone of %s. VPC endpoint subnets should be in different availability zones supported by the VPC endpoint service.", id)
		}
		zones[s.Zone] = true
	}
	return nil
}

// checkPrivateDNS says why an endpoint can't take over the service's name.
func checkPrivateDNS(r store.Reader, e *Endpoint) error {
	if !e.PrivateDNS {
		return nil
	}
	if v, ok := VPCs.Get(r, e.VPC); ok && !(v.DNSSupport && v.DNSHostnames) {
		return aws.Errorf("InvalidParameter", "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for %s", e.VPC)
	}
	for other := range EndpointsOf(r, e.VPC) {
		if other.ID != e.ID && other.Service == e.Service && other.PrivateDNS && !other.Deleting {
			return aws.Errorf("InvalidParameter", "private-dns-enabled cannot be set because there is already a conflicting DNS domain for %s in the VPC %s", e.Service, e.VPC)
		}
	}
	return nil
}

// FullAccess is the policy of endpoints that are given none.
const FullAccess = `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}`

// AllowsEverything says whether a policy is one statement that allows everyone
// everything, the one that endpoints can have.
func AllowsEverything(policy string) bool {
	type statement struct {
		Effect                      string
		Action, Principal, Resource any
		Condition                   any
		NotAction, NotPrincipal     any
		NotResource                 any
	}
	var doc struct{ Statement json.RawMessage }
	if json.Unmarshal([]byte(policy), &doc) != nil {
		return false
	}
	var list []statement
	if json.Unmarshal(doc.Statement, &list) != nil {
		list = make([]statement, 1)
		if json.Unmarshal(doc.Statement, &list[0]) != nil {
			return false
		}
	}
	if len(list) != 1 {
		return false
	}
	s := list[0]
	return s.Effect == "Allow" && all(s.Action) && all(s.Principal) && all(s.Resource) &&
		s.Condition == nil && s.NotAction == nil && s.NotPrincipal == nil && s.NotResource == nil
}

// all says whether a policy's element is "*", alone, in a list or as AWS's.
func all(element any) bool {
	switch v := element.(type) {
	case string:
		return v == "*"
	case []any:
		return len(v) == 1 && all(v[0])
	case map[string]any:
		return len(v) == 1 && all(v["AWS"])
	}
	return false
}

// EndpointDomain is the domain of an endpoint's own names, which tell it and
// its service: "vpce-0123.logs.eu-west-1.vpce.amazonaws.com".
func EndpointDomain(e *Endpoint) string {
	parts := strings.SplitN(e.Service, ".", 4)
	return parts[3] + "." + e.Scope.Region + endpointNames
}

// endpointNames ends the names of endpoints.
const endpointNames = ".vpce.amazonaws.com"

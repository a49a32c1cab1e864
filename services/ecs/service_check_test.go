package ecs

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws"
)

func TestCheckDeploymentConfiguration(t *testing.T) {
	for _, c := range []struct {
		minimum, maximum int
		text             string
	}{
		{100, 200, ""}, {0, 100, ""}, {50, 150, ""}, {100, 101, ""}, {200, 200, ""},
		{100, 100, "Both values for minimumHealthyPercent and maximumPercent cannot be 100"},
		{120, 110, "greater than or equal"}, {0, 99, "at least 100"}, {-1, 200, "percentages"}, {0, 1 << 30, "percentages"},
	} {
		err := DeploymentConfiguration{MinimumHealthyPercent: c.minimum, MaximumPercent: c.maximum}.Check()
		if (err == nil) != (c.text == "") || err != nil && !strings.Contains(err.Error(), c.text) {
			t.Errorf("%d–%d: %v", c.minimum, c.maximum, err)
		}
	}
	for n, ok := range map[int]bool{0: true, 1: true, 5000: true, 5001: false, -1: false} {
		if err := CheckDesiredCount(n); (err == nil) != ok {
			t.Errorf("desired count %d: %v", n, err)
		}
	}
}

func TestCheckServiceLoadBalancers(t *testing.T) {
	d := &TaskDefinition{Containers: []ContainerDefinition{
		{Name: "main", PortMappings: []PortMapping{{ContainerPort: 80}, {ContainerPort: 443}}}, {Name: "side"},
	}}
	web := ServiceLoadBalancer{TargetGroupARN: "tg", ContainerName: "main", ContainerPort: 80}
	for name, c := range map[string]struct {
		lbs  []ServiceLoadBalancer
		text string
	}{
		"none":         {nil, ""},
		"one":          {[]ServiceLoadBalancer{web}, ""},
		"two ports":    {[]ServiceLoadBalancer{web, lb("tg", "main", 443)}, ""},
		"no container": {[]ServiceLoadBalancer{lb("tg", "web", 80)}, "The container web does not exist in the task definition."},
		"no name":      {[]ServiceLoadBalancer{lb("tg", "", 80)}, "Container Name cannot be blank."},
		"no port":      {[]ServiceLoadBalancer{lb("tg", "main", 8080)}, "The container main did not have a container port 8080 defined."},
		"zero port":    {[]ServiceLoadBalancer{lb("tg", "main", 0)}, "Container Port must be between 1 and 65535."},
		"no mapping":   {[]ServiceLoadBalancer{lb("tg", "side", 80)}, "The container side did not have a container port 80 defined."},
		"twice":        {[]ServiceLoadBalancer{web, web}, "more than once"},
		"six":          {make([]ServiceLoadBalancer, 6), "at most 5"},
	} {
		err := CheckServiceLoadBalancers(c.lbs, d)
		if (err == nil) != (c.text == "") || err != nil && !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// lb is a load balancer of a service.
func lb(group, container string, port int) ServiceLoadBalancer {
	return ServiceLoadBalancer{TargetGroupARN: group, ContainerName: container, ContainerPort: port}
}

func TestSameRevision(t *testing.T) {
	base := ServiceRevision{
		ARN: "1", Number: "1", DefinitionARN: "app:1", LaunchType: LaunchFargate, PlatformVersion: "1.4.0", AskedPlatform: "LATEST",
		Network:       NetworkRequest{Subnets: []string{"a", "b"}, SecurityGroups: []string{"g"}},
		LoadBalancers: []ServiceLoadBalancer{lb("tg", "main", 80), lb("tg2", "main", 80)},
	}
	for name, c := range map[string]struct {
		change func(*ServiceRevision)
		same   bool
	}{
		"names":          {func(v *ServiceRevision) { v.ARN, v.Number = "2", "2" }, true},
		"order":          {func(v *ServiceRevision) { v.Network.Subnets = []string{"b", "a"} }, true},
		"definition":     {func(v *ServiceRevision) { v.DefinitionARN = "app:2" }, false},
		"strategy":       {func(v *ServiceRevision) { v.Strategy = []CapacityProviderStrategyItem{{"FARGATE", 1, 0}} }, false},
		"platform":       {func(v *ServiceRevision) { v.AskedPlatform = "1.4.0" }, false},
		"fewer subnets":  {func(v *ServiceRevision) { v.Network.Subnets = []string{"a"} }, false},
		"no groups":      {func(v *ServiceRevision) { v.Network.SecurityGroups = nil }, false},
		"public":         {func(v *ServiceRevision) { v.Network.AssignPublicIP = true }, false},
		"load balancers": {func(v *ServiceRevision) { v.LoadBalancers = v.LoadBalancers[:1] }, false},
	} {
		other := base
		c.change(&other)
		if base.SameAs(&other) != c.same || other.SameAs(&base) != c.same {
			t.Errorf("%s: the same %v, want %v", name, !c.same, c.same)
		}
	}
}

// Numbers have 19 digits and IDs 21 characters, whatever the random digits are.
func TestServiceNumbers(t *testing.T) {
	number, id := regexp.MustCompile(`^[1-9][0-9]{18}$`), regexp.MustCompile(`^[A-Za-z0-9_-]{21}$`)
	rapid.Check(t, func(t *rapid.T) {
		hex := rapid.StringMatching(`[0-9a-f]{32}`).Draw(t, "hex")
		if n := RevisionNumber(hex[:16]); !number.MatchString(n) {
			t.Fatalf("number %q", n)
		}
		if s := NewDeploymentID(hex); !id.MatchString(s) {
			t.Fatalf("ID %q", s)
		}
	})
	if RevisionNumber("no digits") == "" || !id.MatchString(NewDeploymentID("no digits")) {
		t.Error("digits that are none")
	}
}

func TestParseServiceRef(t *testing.T) {
	c := &Cluster{Scope: testScope, Name: "c"}
	const arn = "arn:aws:ecs:eu-west-1:000000000000:service/"
	for _, x := range []struct{ ref, arn, code string }{
		{"web", arn + "c/web", ""},
		{arn + "c/web", arn + "c/web", ""},
		{arn + "web", arn + "c/web", ""},
		{arn + "d/web", "", "InvalidParameterException"},
		{arn + "c/web/1", "", "InvalidParameterException"},
		{arn, "", "InvalidParameterException"},
		{"", "", "InvalidParameterException"},
		{"we b", "", "InvalidParameterException"},
		{"arn:aws:ecs:eu-west-1:000000000000:task/c/web", "", "InvalidParameterException"},
		{"arn:aws:ecs:eu-west-2:000000000000:service/c/web", "", "InvalidParameterException"},
	} {
		got, err := ParseServiceRef(c, x.ref)
		if got != x.arn || codeOf(err) != x.code {
			t.Errorf("%q: %q, %v", x.ref, got, err)
		}
	}
}

func FuzzParseServiceRef(f *testing.F) {
	for _, s := range []string{"", "web", "arn:aws:ecs:eu-west-1:000000000000:service/c/web", "arn:::::", "arn:aws:ecs:::service/"} {
		f.Add(s)
	}
	c := &Cluster{Scope: testScope, Name: "c"}
	f.Fuzz(func(t *testing.T, ref string) {
		arn, err := ParseServiceRef(c, ref)
		if err != nil {
			if _, ok := aws.AsError(err); !ok {
				t.Fatalf("%q: %v", ref, err)
			}
			return
		}
		if again, err := ParseServiceRef(c, arn); err != nil || again != arn {
			t.Fatalf("%q means %q, which means %q, %v", ref, arn, again, err)
		}
	})
}

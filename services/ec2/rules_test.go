package ec2

import (
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

func TestCheckGroupName(t *testing.T) {
	for _, c := range []struct{ name, description, code, text string }{
		{"web", "d", "", ""},
		{"a-z (1) [x]{y} #!$*", strings.Repeat("d", 255), "", ""},
		{"my-default", "d", "", ""},
		{"", "d", "MissingParameter", "GroupName"},
		{"a", "", "MissingParameter", "GroupDescription"},
		{"DEFAULT", "d", "InvalidParameterValue", "reserved"},
		{"SG-1", "d", "InvalidParameterValue", "sg-*"},
		{"é", "d", "InvalidParameterValue", "parameter GroupName is invalid"},
		{"a", "é", "InvalidParameterValue", "parameter GroupDescription is invalid"},
		{strings.Repeat("a", 256), "d", "InvalidParameterValue", "Invalid security group name."},
		{"a", strings.Repeat("d", 256), "InvalidParameterValue", "Invalid security group description."},
		{"a\n", "d", "InvalidParameterValue", "Invalid security group name."},
	} {
		err := CheckGroupName(c.name, c.description)
		if c.code == "" {
			if err != nil {
				t.Errorf("%q, %q: %v", c.name, c.description, err)
			}
			continue
		}
		if e, ok := aws.AsError(err); !ok || e.Code != c.code || !strings.Contains(e.Message, c.text) {
			t.Errorf("%q, %q: %v, want %s: …%s…", c.name, c.description, err, c.code, c.text)
		}
	}
}

// FuzzCheckGroupName holds that a name which is taken is short, of ASCII, and
// could be no ID.
func FuzzCheckGroupName(f *testing.F) {
	for _, s := range []string{"web", "sg-1", "default", "é", "a b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if CheckGroupName(s, "d") != nil {
			return
		}
		if s == "" || len(s) > 255 || !ascii(s) || strings.HasPrefix(s, "sg-") || strings.ContainsAny(s, "\n\x00<|") {
			t.Errorf("%q was taken", s)
		}
	})
}

func TestCheckTag(t *testing.T) {
	long := strings.Repeat("é", 256)
	for _, c := range []struct {
		key, value string
		ok         bool
	}{
		{"k", "", true}, {"k", "v", true}, {long[:256], long, true}, {"aws", "v", true}, {"my:aws:x", "v", true},
		{"", "v", false}, {"aws:k", "v", false}, {"Aws:k", "v", false}, {long, "v", false}, {"k", long + "é", false},
	} {
		if err := CheckTag(c.key, c.value); (err == nil) != c.ok {
			t.Errorf("%.20q = %.20q: %v", c.key, c.value, err)
		}
	}
}

func TestGroupNamed(t *testing.T) {
	s := grouped(t)
	r := s.Snapshot()
	vpc, _ := DefaultVPC(r, scope)
	for name, want := range map[string]string{"name sg-a": "sg-a", "NAME sg-A": "sg-a", "name sg-c": "", "sg-a": ""} {
		g, ok := GroupNamed(r, vpc.ID, name)
		if ok != (want != "") || ok && g.ID != want {
			t.Errorf("%q is %+v", name, g)
		}
	}
	err := s.Update(t.Context(), func(tx *store.Txn) error {
		return AddSecurityGroup(tx, SecurityGroup{ID: "sg-d", Scope: scope, VPC: vpc.ID, Name: "Name SG-a"}, "sgr-d", nil)
	})
	if e, ok := aws.AsError(err); !ok || e.Code != "InvalidGroup.Duplicate" {
		t.Errorf("a second group of the name: %v", err)
	}
}

func TestSameTraffic(t *testing.T) {
	base := SecurityGroupRule{ID: "sgr-1", Scope: scope, Group: "sg-a", Protocol: tcp, FromPort: 1, ToPort: 2, CIDR: anywhere, Description: "d"}
	for name, c := range map[string]struct {
		change func(*SecurityGroupRule)
		same   bool
	}{
		"ID":          {func(r *SecurityGroupRule) { r.ID = "sgr-2" }, true},
		"description": {func(r *SecurityGroupRule) { r.Description = "" }, true},
		"direction":   {func(r *SecurityGroupRule) { r.Egress = true }, false},
		"group":       {func(r *SecurityGroupRule) { r.Group = "sg-b" }, false},
		"protocol":    {func(r *SecurityGroupRule) { r.Protocol = udp }, false},
		"ports":       {func(r *SecurityGroupRule) { r.ToPort = 3 }, false},
		"peer":        {func(r *SecurityGroupRule) { r.PeerGroup = "sg-b" }, false},
	} {
		other := base
		c.change(&other)
		if got := base.SameTraffic(&other); got != c.same {
			t.Errorf("another %s: %v", name, got)
		}
	}
}

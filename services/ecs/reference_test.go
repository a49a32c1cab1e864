package ecs

import (
	"context"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// codeOf returns an error's AWS code, "" for none.
func codeOf(err error) string {
	if e, ok := aws.AsError(err); ok {
		return e.Code
	}
	if err != nil {
		return "not an AWS error: " + err.Error()
	}
	return ""
}

// put writes rows in one transaction.
func put(t *testing.T, s *store.Store, write func(tx *store.Txn)) {
	t.Helper()
	err := s.Update(context.Background(), func(tx *store.Txn) error { write(tx); return nil })
	if err != nil {
		t.Fatal(err)
	}
}

func TestParseClusterRef(t *testing.T) {
	const arn = "arn:aws:ecs:eu-west-1:000000000000:cluster/"
	for _, c := range []struct{ ref, arn, code string }{
		{"", arn + "default", ""},
		{"web", arn + "web", ""},
		{arn + "web", arn + "web", ""},
		{"we b", "", "InvalidParameterException"},
		{"a/b", "", "InvalidParameterException"},
		{"arn:aws:ecs", "", "InvalidParameterException"},
		{"arn:aws:ecs:eu-west-1:000000000000:task/web", "", "InvalidParameterException"},
		{"arn:aws:ec2:eu-west-1:000000000000:cluster/web", "", "InvalidParameterException"},
		{arn, "", "InvalidParameterException"},
		{arn + "a/b", "", "InvalidParameterException"},
		{"arn:aws:ecs:eu-west-2:000000000000:cluster/web", "", "ClusterNotFoundException"},
		{"arn:aws:ecs:eu-west-1:111111111111:cluster/web", "", "ClusterNotFoundException"},
		{"arn:aws-cn:ecs:eu-west-1:000000000000:cluster/web", "", "ClusterNotFoundException"},
	} {
		got, err := ParseClusterRef(testScope, c.ref)
		if got != c.arn || codeOf(err) != c.code {
			t.Errorf("%q: %q, %v; want %q, %q", c.ref, got, err, c.arn, c.code)
		}
	}
}

func FuzzParseClusterRef(f *testing.F) {
	for _, s := range []string{"", "web", "arn:aws:ecs:eu-west-1:000000000000:cluster/web", "arn:::::", "arn:aws:ecs:::cluster/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		arn, err := ParseClusterRef(testScope, ref)
		if err != nil {
			return
		}
		if again, err := ParseClusterRef(testScope, arn); err != nil || again != arn {
			t.Errorf("%q means %q, which means %q, %v", ref, arn, again, err)
		}
	})
}

func TestFindCluster(t *testing.T) {
	s := store.OpenMemory(Tables()...)
	deleted := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	gone := Cluster{ARN: ClusterARN(testScope, "gone"), Status: ClusterInactive, DeletedAt: deleted}
	put(t, s, func(tx *store.Txn) {
		Clusters.Put(tx, Cluster{ARN: ClusterARN(testScope, "web"), Status: ClusterActive})
		Clusters.Put(tx, gone)
	})
	for ref, code := range map[string]string{
		"web": "", ClusterARN(testScope, "web"): "",
		"gone": "ClusterNotFoundException", "other": "ClusterNotFoundException", "": "ClusterNotFoundException", "a b": "InvalidParameterException",
	} {
		if _, err := FindCluster(s.Snapshot(), testScope, ref); codeOf(err) != code {
			t.Errorf("%q: %v; want %q", ref, err, code)
		}
	}
	if gone.Forgotten(deleted.Add(ClusterRetention-1)) || !gone.Forgotten(deleted.Add(ClusterRetention)) {
		t.Error("a deleted cluster is not forgotten after its retention")
	}
}

func TestParseDefinitionRef(t *testing.T) {
	const arn = "arn:aws:ecs:eu-west-1:000000000000:task-definition/"
	foreign := aws.Scope{Account: "111111111111", Region: "us-east-1"}
	for _, c := range []struct {
		ref  string
		want DefinitionRef
		code string
	}{
		{"web", DefinitionRef{testScope, "web", 0}, ""},
		{"web:7", DefinitionRef{testScope, "web", 7}, ""},
		{arn + "web:7", DefinitionRef{testScope, "web", 7}, ""},
		{arn + "web", DefinitionRef{testScope, "web", 0}, ""},
		{"arn:aws:ecs:us-east-1:111111111111:task-definition/web:1", DefinitionRef{foreign, "web", 1}, ""},
		{"", DefinitionRef{}, "ClientException"},
		{":1", DefinitionRef{}, "ClientException"},
		{"we b:1", DefinitionRef{}, "ClientException"},
		{"web:", DefinitionRef{}, "ClientException"},
		{"web:0", DefinitionRef{}, "ClientException"},
		{"web:-1", DefinitionRef{}, "ClientException"},
		{"web:01", DefinitionRef{}, "ClientException"},
		{"web:x", DefinitionRef{}, "ClientException"},
		{"web:1:2", DefinitionRef{}, "ClientException"},
		{"web:99999999999", DefinitionRef{}, "ClientException"},
		{"arn:aws:ecs:eu-west-1:000000000000:cluster/web", DefinitionRef{}, "InvalidParameterException"},
		{"arn:x", DefinitionRef{}, "InvalidParameterException"},
	} {
		got, err := ParseDefinitionRef(testScope, c.ref)
		if got != c.want || codeOf(err) != c.code {
			t.Errorf("%q: %+v, %v; want %+v, %q", c.ref, got, err, c.want, c.code)
		}
	}
}

func FuzzParseDefinitionRef(f *testing.F) {
	for _, s := range []string{"web", "web:1", "arn:aws:ecs:eu-west-1:000000000000:task-definition/web:1", "", "arn:", ":::"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		d, err := ParseDefinitionRef(testScope, ref)
		if err != nil || d.Scope != testScope || d.Revision == 0 {
			return
		}
		arn := TaskDefinitionARN(d.Scope, d.Family, d.Revision)
		if again, err := ParseDefinitionRef(testScope, arn); err != nil || again != d {
			t.Errorf("%q means %+v, whose ARN means %+v, %v", ref, d, again, err)
		}
	})
}

func TestFindDefinition(t *testing.T) {
	s := store.OpenMemory(Tables()...)
	add := func(tx *store.Txn, revision int, status TaskDefinitionStatus) {
		TaskDefinitions.Put(tx, TaskDefinition{
			ARN: TaskDefinitionARN(testScope, "web", revision), Scope: testScope, Family: "web", Revision: revision, Status: status,
		})
	}
	put(t, s, func(tx *store.Txn) {
		add(tx, 1, DefinitionActive)
		add(tx, 9, DefinitionActive)
		add(tx, 10, DefinitionActive)
		add(tx, 11, DefinitionInactive)
		add(tx, 13, DefinitionDeleteInProgress)
		Families.Put(tx, Family{ARN: FamilyARN(testScope, "web"), LastRevision: 14})
		Families.Put(tx, Family{ARN: FamilyARN(testScope, "empty"), LastRevision: 3})
	})
	r := s.Snapshot()
	for ref, revision := range map[string]int{"web": 10, "web:1": 1, "web:11": 11, "web:13": 13, "web:12": 0, "empty": 0, "other": 0} {
		d, err := ParseDefinitionRef(testScope, ref)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := d.Find(r, testScope)
		if ok != (revision != 0) || ok && got.Revision != revision {
			t.Errorf("%q found %+v, %v; want revision %d", ref, got, ok, revision)
		}
		if _, ok := d.Find(r, aws.Scope{Account: "1", Region: "r"}); ok {
			t.Errorf("%q is found from another account", ref)
		}
	}
	for ref, message := range map[string]string{
		"web": "", "web:9": "", "web:11": "TaskDefinition is inactive", "web:13": "TaskDefinition is inactive",
		"web:12": "TaskDefinition not found.", "other": "TaskDefinition not found.", "a b": "Family contains invalid characters.",
	} {
		_, err := FindRunnable(r, testScope, ref)
		if got := text(err); !strings.HasSuffix(got, message) || (err == nil) != (message == "") {
			t.Errorf("%q: %q; want %q", ref, got, message)
		}
	}
	n := 0
	for range RevisionsOf(r, testScope, "web") {
		n++
	}
	if n != 5 {
		t.Errorf("%d revisions; want 5", n)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestRoleARN(t *testing.T) {
	const role = "arn:aws:iam::000000000000:role/"
	for ref, want := range map[string]string{
		"": "", "exec": role + "exec", role + "exec": role + "exec", role + "a/b/exec": role + "a/b/exec",
		"ex ec": "bad", "a/b": "bad", role: "bad", role + "a/": "bad", "arn:aws:iam::000000000000:user/x": "bad",
		"arn:aws:iam::0:role/x": "bad", strings.Repeat("r", 65): "bad",
	} {
		got, err := RoleARN(testScope, ref)
		if want == "bad" && codeOf(err) == "ClientException" && strings.Contains(err.Error(), "Role is not valid") {
			continue
		}
		if got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", ref, got, err, want)
		}
	}
}

func TestRequiredAttributes(t *testing.T) {
	d := goodDefinition()
	d.TaskRoleARN = "arn:aws:iam::000000000000:role/task"
	got := strings.Join(RequiredAttributes(d), " ")
	for _, word := range []string{
		"ecs.capability.task-eni", "task-iam-role", "logging-driver.awslogs", "execution-role-awslogs",
		"container-health-check", "container-ordering",
	} {
		if strings.Count(got, word) != 1 {
			t.Errorf("%q is not once in %s", word, got)
		}
	}
	if plain := RequiredAttributes(&TaskDefinition{}); len(plain) != 2 {
		t.Errorf("a plain definition requires %v", plain)
	}
}

func TestArchitectureOn(t *testing.T) {
	for _, c := range []struct{ named, host, want string }{
		{"", "", ArchitectureX86}, {"", ArchitectureARM, ArchitectureARM}, {"", ArchitectureX86, ArchitectureX86},
		{ArchitectureARM, "", ArchitectureARM}, {ArchitectureARM, ArchitectureARM, ArchitectureARM},
		{ArchitectureARM, ArchitectureX86, ""}, {ArchitectureX86, ArchitectureARM, ""},
	} {
		for _, platform := range []*RuntimePlatform{nil, {CPUArchitecture: c.named}} {
			if platform == nil && c.named != "" {
				continue
			}
			got, err := (&TaskDefinition{RuntimePlatform: platform}).ArchitectureOn(c.host)
			if got != c.want || (codeOf(err) == "ClientException") != (c.want == "") {
				t.Errorf("%q on %q: %q, %v", c.named, c.host, got, err)
			}
		}
	}
}

package ecs

import (
	"slices"
	"testing"

	"kaimon.dev/kaimon/store"
)

func TestCheckSetting(t *testing.T) {
	for _, c := range []struct {
		name, value string
		ok          bool
	}{
		{"containerInsights", "enabled", true}, {"containerInsights", "enhanced", true}, {"containerInsights", "disabled", true},
		{"containerInsights", "on", false}, {"containerInsights", "", false},
		{"taskLongArnFormat", "enabled", true}, {"taskLongArnFormat", "disabled", false},
		{"awsvpcTrunking", "enabled", true}, {"fargateFIPSMode", "enabled", false}, {"fargateFIPSMode", "disabled", true},
		{"tagResourceAuthorization", "on", false}, {"tagResourceAuthorization", "off", true},
		{"fargateTaskRetirementWaitPeriod", "14", true}, {"fargateTaskRetirementWaitPeriod", "8", false},
		{"defaultLogDriverMode", "blocking", true}, {"defaultLogDriverMode", "lazy", false},
		{"guardDutyActivate", "off", false}, {"guardDutyActivate", "on", false}, {"nope", "enabled", false},
	} {
		want := ""
		if !c.ok {
			want = "InvalidParameterException"
		}
		if err := CheckSetting(c.name, c.value); codeOf(err) != want {
			t.Errorf("%s=%s: %v", c.name, c.value, err)
		}
	}
	names := SettingNames()
	if !slices.IsSorted(names) || len(names) != 11 {
		t.Errorf("settings %v", names)
	}
	if !IsManagedSetting("guardDutyActivate") || IsManagedSetting("containerInsights") || IsManagedSetting("nope") {
		t.Error("only guardDutyActivate is managed")
	}
}

func TestEffectiveSetting(t *testing.T) {
	s := store.OpenMemory(Tables()...)
	const alice, bob = "arn:aws:iam::000000000000:user/alice", "arn:aws:iam::000000000000:user/bob"
	effective := func(principal string) string {
		return EffectiveSetting(s.Snapshot(), testScope, principal, ContainerInsights)
	}
	set := func(principal, value string) {
		put(t, s, func(tx *store.Txn) {
			AccountSettings.Put(tx, AccountSetting{Scope: testScope, Principal: principal, Name: ContainerInsights, Value: value})
		})
	}
	if effective(alice) != "disabled" {
		t.Error("AWS's default is disabled")
	}
	set("", "enabled")
	set(bob, "enhanced")
	if effective(alice) != "enabled" || effective(bob) != "enhanced" || effective("") != "enabled" {
		t.Errorf("alice %s, bob %s, root %s", effective(alice), effective(bob), effective(""))
	}
	if EffectiveSetting(s.Snapshot(), testScope, alice, "nope") != "" {
		t.Error("an unknown setting has a value")
	}
}

func TestSettingPrincipal(t *testing.T) {
	for arn, want := range map[string]string{
		"arn:aws:iam::000000000000:root":                                "",
		"arn:aws:iam::000000000000:user/alice":                          "arn:aws:iam::000000000000:user/alice",
		"arn:aws:sts::000000000000:assumed-role/deploy/session":         "arn:aws:iam::000000000000:role/deploy",
		"arn:aws-cn:sts::000000000000:assumed-role/deploy/session/more": "arn:aws-cn:iam::000000000000:role/deploy",
		"not an ARN": "",
	} {
		if got := SettingPrincipal("000000000000", arn); got != want {
			t.Errorf("%s: %q; want %q", arn, got, want)
		}
	}
}

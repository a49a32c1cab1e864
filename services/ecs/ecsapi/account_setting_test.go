package ecsapi

import (
	"slices"
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws/wire"
)

// settings returns what ListAccountSettings answers as name=value, without
// what AWS has set, and whose they are.
func settings(w *world, in *ListAccountSettingsInput) (all []string, principal string) {
	w.Helper()
	for {
		out, err := w.ListAccountSettings(w.ctx, in)
		for _, s := range must(w, out, err).Settings {
			all = append(all, *s.Name+"="+*s.Value)
			principal = *s.PrincipalArn
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all, principal
		}
	}
}

func putSetting(w *world, name, value string) *Setting {
	w.Helper()
	out, err := w.PutAccountSetting(w.ctx, &PutAccountSettingInput{Name: &name, Value: &value})
	return must(w, out, err).Setting
}

func TestAccountSettings(t *testing.T) {
	w := newWorld(t)
	w.ctx = as(alice, "eu-west-1")
	if all, _ := settings(w, &ListAccountSettingsInput{}); len(all) != 0 {
		t.Errorf("a fresh account has put %v", all)
	}
	all, who := settings(w, &ListAccountSettingsInput{EffectiveSettings: wire.Ptr(true), MaxResults: wire.Ptr[int32](4)})
	if len(all) != 11 || who != alice || !slices.Contains(all, "taskLongArnFormat=enabled") || !slices.Contains(all, "containerInsights=disabled") {
		t.Errorf("effective for %s: %v", who, all)
	}
	if s := putSetting(w, "containerInsights", "enhanced"); *s.PrincipalArn != alice || *s.Type != "user" || *s.Value != "enhanced" {
		t.Errorf("put %+v", s)
	}
	out, err := w.PutAccountSettingDefault(w.ctx, &PutAccountSettingDefaultInput{Name: wire.Ptr("containerInsights"), Value: wire.Ptr("enabled")})
	if s := must(w, out, err).Setting; *s.PrincipalArn != root {
		t.Errorf("default is %s's", *s.PrincipalArn)
	}
	if all, _ := settings(w, &ListAccountSettingsInput{}); !slices.Equal(all, []string{"containerInsights=enhanced"}) {
		t.Errorf("alice's: %v", all)
	}
	effective := ListAccountSettingsInput{EffectiveSettings: wire.Ptr(true), Name: wire.Ptr("containerInsights")}
	w.ctx = as(root, "eu-west-1")
	in := effective
	if all, who := settings(w, &in); !slices.Equal(all, []string{"containerInsights=enabled"}) || who != root {
		t.Errorf("%s's: %v", who, all)
	}
	w.ctx = as(alice, "us-east-1")
	in = effective
	if all, _ := settings(w, &in); !slices.Equal(all, []string{"containerInsights=disabled"}) {
		t.Errorf("in another region: %v", all)
	}
	w.ctx = as(alice, "eu-west-1")
	gone, err := w.DeleteAccountSetting(w.ctx, &DeleteAccountSettingInput{Name: wire.Ptr("containerInsights")})
	if s := must(w, gone, err).Setting; *s.Value != "enabled" {
		t.Errorf("without an own value: %s", *s.Value)
	}
}

func TestListAccountSettingsFilters(t *testing.T) {
	w := newWorld(t)
	in := &ListAccountSettingsInput{EffectiveSettings: wire.Ptr(true), Name: wire.Ptr("containerInsights"), Value: wire.Ptr("enabled")}
	if all, _ := settings(w, in); len(all) != 0 {
		t.Errorf("of another value: %v", all)
	}
	_, err := w.ListAccountSettings(w.ctx, &ListAccountSettingsInput{Value: wire.Ptr("enabled")})
	w.refused(err, "InvalidParameterException", "name")
	_, err = w.ListAccountSettings(w.ctx, &ListAccountSettingsInput{MaxResults: wire.Ptr[int32](11)})
	w.refused(err, "InvalidParameterException", "maxResults")
	managed, err := w.ListAccountSettings(w.ctx, &ListAccountSettingsInput{EffectiveSettings: wire.Ptr(true), Name: wire.Ptr("guardDutyActivate")})
	if s := must(w, managed, err).Settings[0]; *s.Type != "aws_managed" || *s.Value != "off" {
		t.Errorf("guardDutyActivate %+v", s)
	}
}

func TestAccountSettingsRefuse(t *testing.T) {
	w := newWorld(t)
	for _, c := range [][2]string{{"taskLongArnFormat", "disabled"}, {"fargateFIPSMode", "enabled"}, {"guardDutyActivate", "on"}, {"containerInsights", "maybe"}} {
		_, err := w.PutAccountSetting(w.ctx, &PutAccountSettingInput{Name: &c[0], Value: &c[1]})
		w.refused(err, "InvalidParameterException", c[0])
		_, err = w.PutAccountSettingDefault(w.ctx, &PutAccountSettingDefaultInput{Name: &c[0], Value: &c[1]})
		w.refused(err, "InvalidParameterException", c[0])
	}
	_, err := w.DeleteAccountSetting(w.ctx, &DeleteAccountSettingInput{Name: wire.Ptr("guardDutyActivate")})
	w.refused(err, "InvalidParameterException", "read-only")
}

func TestSettingsOfOthers(t *testing.T) {
	w := newWorld(t)
	put := func(principal string) (*PutAccountSettingOutput, error) {
		return w.PutAccountSetting(w.ctx, &PutAccountSettingInput{Name: wire.Ptr("containerInsights"), Value: wire.Ptr("enabled"), PrincipalArn: &principal})
	}
	out, err := put(alice)
	if s := must(w, out, err).Setting; *s.PrincipalArn != alice {
		t.Errorf("root set %s's", *s.PrincipalArn)
	}
	w.ctx = as(alice, "eu-west-1")
	out, err = put(alice)
	must(w, out, err)
	_, err = put(strings.Replace(alice, "alice", "bob", 1))
	w.refused(err, "AccessDeniedException", "principal")
	for _, bad := range []string{"alice", strings.Replace(alice, "000", "111", 1), "arn:aws:ecs:eu-west-1:000000000000:cluster/web"} {
		_, err = put(bad)
		w.refused(err, "InvalidParameterException", "principal")
	}
}

func TestNewClustersTakeTheAccountsInsights(t *testing.T) {
	w := newWorld(t)
	putSetting(w, "containerInsights", "enhanced")
	out, err := w.CreateCluster(w.ctx, &CreateClusterInput{})
	if got := *must(w, out, err).Cluster.Settings[0].Value; got != "enhanced" {
		t.Errorf("containerInsights %s", got)
	}
	own := []ClusterSetting{{Name: wire.Ptr("containerInsights"), Value: wire.Ptr("disabled")}}
	out, err = w.CreateCluster(w.ctx, &CreateClusterInput{ClusterName: wire.Ptr("own"), Settings: own})
	if got := *must(w, out, err).Cluster.Settings[0].Value; got != "disabled" {
		t.Errorf("containerInsights %s", got)
	}
}

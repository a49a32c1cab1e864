package ecs

import (
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// AccountSetting is one setting that was put, for a principal or as the
// account's default (Developer Guide, "Access Amazon ECS features with account settings").
type AccountSetting struct {
	Scope aws.Scope
	// Principal is the ARN of a user or role, "" for the account's default.
	Principal string
	Name      string
	Value     string
}

// ID returns the row's key.
func (s *AccountSetting) ID() string {
	return strings.Join([]string{s.Scope.Account, s.Scope.Region, s.Name, s.Principal}, "/")
}

// settingRule is what is known of one setting.
type settingRule struct {
	name string
	// values are those that may be put, the first being AWS's default.
	values []string
	// others are AWS's further values that this platform refuses.
	others []string
	// managed settings are shown and can't be changed.
	managed bool
}

// settingRules are all account settings, in order of name. A value that would
// promise something that isn't done is refused rather than kept.
var settingRules = []settingRule{
	{name: "awsvpcTrunking", values: []string{"disabled", "enabled"}},
	{name: "containerInsights", values: []string{"disabled", "enabled", "enhanced"}},
	{name: "containerInstanceLongArnFormat", values: []string{"enabled"}, others: []string{"disabled"}},
	{name: "defaultLogDriverMode", values: []string{"non-blocking", "blocking"}},
	{name: "fargateEventWindows", values: []string{"disabled"}, others: []string{"enabled"}},
	{name: "fargateFIPSMode", values: []string{"disabled"}, others: []string{"enabled"}},
	{name: "fargateTaskRetirementWaitPeriod", values: []string{"7", "0", "14"}},
	{name: "guardDutyActivate", values: []string{"off"}, managed: true},
	{name: "serviceLongArnFormat", values: []string{"enabled"}, others: []string{"disabled"}},
	{name: "tagResourceAuthorization", values: []string{"off"}, others: []string{"on"}},
	{name: "taskLongArnFormat", values: []string{"enabled"}, others: []string{"disabled"}},
}

func findRule(name string) (settingRule, error) {
	i := slices.IndexFunc(settingRules, func(r settingRule) bool { return r.name == name })
	if i < 0 {
		return settingRule{}, InvalidParameter("Invalid setting name: '%s'.", name)
	}
	return settingRules[i], nil
}

// CheckSettingName refuses an unknown setting and one that can't be changed.
func CheckSettingName(name string) error {
	rule, err := findRule(name)
	if err == nil && rule.managed {
		return InvalidParameter("The setting %s is read-only.", name)
	}
	return err
}

// CheckSetting refuses a value that a setting can't have.
func CheckSetting(name, value string) error {
	if err := CheckSettingName(name); err != nil {
		return err
	}
	rule, err := findRule(name)
	switch {
	case err != nil:
		return err
	case slices.Contains(rule.values, value):
		return nil
	case slices.Contains(rule.others, value):
		return InvalidParameter("The value '%s' of the setting %s is not supported here; use %s.", value, name, strings.Join(rule.values, ", "))
	}
	return InvalidParameter("Invalid value '%s' for the setting %s; use %s.", value, name, strings.Join(rule.values, ", "))
}

// IsManagedSetting says whether a setting is AWS's to change: its type is aws_managed.
func IsManagedSetting(name string) bool {
	rule, err := findRule(name)
	return err == nil && rule.managed
}

// SettingNames returns the names of all settings in order.
func SettingNames() []string {
	names := make([]string, len(settingRules))
	for i, r := range settingRules {
		names[i] = r.name
	}
	return names
}

// EffectiveSetting returns the value that holds for a principal: its own, else
// the account's default, else AWS's.
func EffectiveSetting(r store.Reader, s aws.Scope, principal, name string) string {
	for _, p := range []string{principal, ""} {
		key := AccountSetting{Scope: s, Principal: p, Name: name}
		if row, ok := AccountSettings.Get(r, key.ID()); ok {
			return row.Value
		}
	}
	rule, err := findRule(name)
	if err != nil {
		return ""
	}
	return rule.values[0]
}

// SettingPrincipal returns whose settings a principal has, as a row names it:
// the role of an assumed role, "" for the account's root.
func SettingPrincipal(account, arn string) string {
	a, err := aws.ParseARN(arn)
	if err != nil || a.Resource == "root" {
		return ""
	}
	if a.Service == "sts" && a.Type() == "assumed-role" {
		role, _, _ := strings.Cut(a.ID(), "/")
		return aws.ARN{Partition: a.Partition, Service: "iam", Account: account, Resource: "role/" + role}.String()
	}
	return arn
}

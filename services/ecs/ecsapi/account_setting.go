package ecsapi

import (
	"context"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// PutAccountSetting sets a setting for the caller, or for the principal named.
func (h *Handlers) PutAccountSetting(ctx context.Context, in *PutAccountSettingInput) (*PutAccountSettingOutput, error) {
	caller := aws.CallerFrom(ctx)
	principal, err := settingPrincipal(caller, in.PrincipalArn)
	if err != nil {
		return nil, err
	}
	s, err := h.putSetting(ctx, principal, wire.Val(in.Name), wire.Val(in.Value))
	if err != nil {
		return nil, err
	}
	return &PutAccountSettingOutput{Setting: s}, nil
}

// PutAccountSettingDefault sets a setting for everyone in the account who has not put an own value.
func (h *Handlers) PutAccountSettingDefault(ctx context.Context, in *PutAccountSettingDefaultInput) (*PutAccountSettingDefaultOutput, error) {
	s, err := h.putSetting(ctx, "", wire.Val(in.Name), wire.Val(in.Value))
	if err != nil {
		return nil, err
	}
	return &PutAccountSettingDefaultOutput{Setting: s}, nil
}

func (h *Handlers) putSetting(ctx context.Context, principal, name, value string) (*Setting, error) {
	if err := ecs.CheckSetting(name, value); err != nil {
		return nil, err
	}
	row := ecs.AccountSetting{Scope: scope(ctx), Principal: principal, Name: name, Value: value}
	err := h.Store.Update(ctx, func(tx *store.Txn) error {
		ecs.AccountSettings.Put(tx, row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return settingToWire(row.Scope, principal, name, value), nil
}

// DeleteAccountSetting takes back what was put, so that the default holds again.
func (h *Handlers) DeleteAccountSetting(ctx context.Context, in *DeleteAccountSettingInput) (*DeleteAccountSettingOutput, error) {
	caller := aws.CallerFrom(ctx)
	name := wire.Val(in.Name)
	principal, err := settingPrincipal(caller, in.PrincipalArn)
	if err != nil {
		return nil, err
	}
	if err := ecs.CheckSettingName(name); err != nil {
		return nil, err
	}
	row := ecs.AccountSetting{Scope: caller.Scope(), Principal: principal, Name: name}
	value := ""
	err = h.Store.Update(ctx, func(tx *store.Txn) error {
		ecs.AccountSettings.Delete(tx, row.ID())
		value = ecs.EffectiveSetting(tx, row.Scope, principal, name)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &DeleteAccountSettingOutput{Setting: settingToWire(row.Scope, principal, name, value)}, nil
}

// ListAccountSettings lists what was put for a principal, or with
// effectiveSettings what holds for it.
func (h *Handlers) ListAccountSettings(ctx context.Context, in *ListAccountSettingsInput) (*ListAccountSettingsOutput, error) {
	caller := aws.CallerFrom(ctx)
	if in.Value != nil && in.Name == nil {
		return nil, ecs.InvalidParameter("You must specify an account setting name to use the value parameter.")
	}
	principal, err := settingPrincipal(caller, in.PrincipalArn)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	settings := []Setting{}
	for _, name := range ecs.SettingNames() {
		key := ecs.AccountSetting{Scope: caller.Scope(), Principal: principal, Name: name}
		row, ok := ecs.AccountSettings.Get(r, key.ID())
		value := ecs.EffectiveSetting(r, key.Scope, principal, name)
		if ok {
			value = row.Value
		}
		switch {
		case !ok && !wire.Val(in.EffectiveSettings),
			in.Name != nil && *in.Name != name,
			in.Value != nil && *in.Value != value:
			continue
		}
		settings = append(settings, *settingToWire(key.Scope, principal, name, value))
	}
	p := pager{Operation: "ListAccountSettings", Token: in.NextToken, Max: in.MaxResults, Most: 10}
	byName := func(s Setting) string { return *s.Name }
	settings, next, err := page(p, settings, byName, strings.Compare)
	if err != nil {
		return nil, err
	}
	return &ListAccountSettingsOutput{Settings: settings, NextToken: next}, nil
}

// settingPrincipal returns whose settings a request is about: the caller's, or
// those of a principal that the caller names, which only the root may do for
// others (API Reference, "PutAccountSetting").
func settingPrincipal(caller aws.Caller, named *string) (string, error) {
	own := ecs.SettingPrincipal(caller.Account, caller.ARN)
	if named == nil || *named == "" {
		return own, nil
	}
	a, err := aws.ParseARN(*named)
	if err != nil || a.Service != "iam" && a.Service != "sts" || a.Account != caller.Account {
		return "", ecs.InvalidParameter("Invalid principal ARN: '%s'.", *named)
	}
	principal := ecs.SettingPrincipal(caller.Account, *named)
	if own != "" && own != principal {
		return "", ecs.AccessDenied("You must be the root user, or the principal, to use the principalArn parameter.")
	}
	return principal, nil
}

func settingToWire(s aws.Scope, principal, name, value string) *Setting {
	if principal == "" {
		principal = aws.ARN{Partition: aws.Partition(s.Region), Service: "iam", Account: s.Account, Resource: "root"}.String()
	}
	kind := "user"
	if ecs.IsManagedSetting(name) {
		kind = "aws_managed"
	}
	return &Setting{Name: &name, Value: &value, PrincipalArn: &principal, Type: &kind}
}

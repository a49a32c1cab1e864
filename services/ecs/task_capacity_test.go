package ecs

import (
	"slices"
	"testing"
)

func TestResolveCapacity(t *testing.T) {
	type strategy = []CapacityProviderStrategyItem
	spot := strategy{{CapacityProvider: ProviderFargateSpot, Weight: 1}}
	plain := &Cluster{CapacityProviders: CapacityProviderNames}
	spotted := &Cluster{CapacityProviders: CapacityProviderNames, DefaultStrategy: spot}
	const refused = "InvalidParameterException"
	for name, c := range map[string]struct {
		cluster  *Cluster
		launch   string
		strategy strategy
		want     Capacity
		code     string
	}{
		"launch type":          {plain, LaunchFargate, nil, Capacity{LaunchType: LaunchFargate}, ""},
		"before the default":   {spotted, LaunchFargate, nil, Capacity{LaunchType: LaunchFargate}, ""},
		"strategy":             {plain, "", spot, Capacity{LaunchType: LaunchFargate, Strategy: spot}, ""},
		"the cluster's":        {spotted, "", nil, Capacity{LaunchType: LaunchFargate, Strategy: spot}, ""},
		"both":                 {plain, LaunchFargate, spot, Capacity{}, refused},
		"neither":              {plain, "", nil, Capacity{}, refused},
		"instances":            {plain, LaunchEC2, nil, Capacity{}, refused},
		"machines elsewhere":   {plain, LaunchExternal, nil, Capacity{}, refused},
		"unknown":              {plain, "MANAGED_INSTANCES", nil, Capacity{}, refused},
		"not of the cluster's": {&Cluster{}, "", spot, Capacity{}, refused},
	} {
		got, err := ResolveCapacity(c.cluster, c.launch, c.strategy)
		if codeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		} else if err == nil && (got.LaunchType != c.want.LaunchType || !slices.Equal(got.Strategy, c.want.Strategy)) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := (Capacity{LaunchType: LaunchFargate}).Spread(nil, 2); !slices.Equal(got, []string{"", ""}) {
		t.Errorf("tasks of a launch type have the providers %q", got)
	}
	if got := (Capacity{Strategy: spot}).Spread(nil, 2); !slices.Equal(got, []string{ProviderFargateSpot, ProviderFargateSpot}) {
		t.Errorf("tasks of a strategy have the providers %q", got)
	}
}

package ecs

import "testing"

func TestCheckStrategy(t *testing.T) {
	both := CapacityProviderNames
	item := func(name string, weight, base int) CapacityProviderStrategyItem {
		return CapacityProviderStrategyItem{CapacityProvider: name, Weight: weight, Base: base}
	}
	type strategy = []CapacityProviderStrategyItem
	for name, c := range map[string]struct {
		items strategy
		of    []string
		ok    bool
	}{
		"none":             {nil, nil, true},
		"one":              {strategy{item("FARGATE", 1, 0)}, both, true},
		"both":             {strategy{item("FARGATE", 1, 2), item("FARGATE_SPOT", 3, 0)}, both, true},
		"not associated":   {strategy{item("FARGATE", 1, 0)}, []string{"FARGATE_SPOT"}, false},
		"twice":            {strategy{item("FARGATE", 1, 0), item("FARGATE", 2, 0)}, both, false},
		"two bases":        {strategy{item("FARGATE", 1, 1), item("FARGATE_SPOT", 1, 1)}, both, false},
		"no weight":        {strategy{item("FARGATE", 0, 0)}, both, false},
		"negative weight":  {strategy{item("FARGATE", -1, 0)}, both, false},
		"great weight":     {strategy{item("FARGATE", 1001, 0)}, both, false},
		"great base":       {strategy{item("FARGATE", 1, 100001)}, both, false},
		"far too many":     {make(strategy, 21), both, false},
		"one without work": {strategy{item("FARGATE", 0, 0), item("FARGATE_SPOT", 1, 0)}, both, true},
	} {
		want := ""
		if !c.ok {
			want = "InvalidParameterException"
		}
		if err := CheckStrategy(c.items, c.of); codeOf(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckCapacityProviders(t *testing.T) {
	for name, c := range map[string]struct {
		names []string
		ok    bool
	}{
		"none": {nil, true}, "both": {CapacityProviderNames, true}, "own": {[]string{"my-instances"}, false},
		"twice": {[]string{"FARGATE", "FARGATE"}, false}, "lower case": {[]string{"fargate"}, false},
	} {
		if err := CheckCapacityProviders(c.names); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestClusterSettings(t *testing.T) {
	for name, c := range map[string]struct {
		settings []ClusterSetting
		ok       bool
	}{
		"none": {nil, true}, "enhanced": {[]ClusterSetting{{"containerInsights", "enhanced"}}, true},
		"value": {[]ClusterSetting{{"containerInsights", "on"}}, false}, "name": {[]ClusterSetting{{"colour", "enabled"}}, false},
		"twice": {[]ClusterSetting{{"containerInsights", "enabled"}, {"containerInsights", "enabled"}}, false},
	} {
		if err := CheckClusterSettings(c.settings); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestExecuteCommandConfiguration(t *testing.T) {
	group := &ExecuteCommandLog{CloudWatchLogGroupName: "g"}
	for name, c := range map[string]struct {
		configuration *ExecuteCommandConfiguration
		ok            bool
	}{
		"none":             {nil, true},
		"default":          {&ExecuteCommandConfiguration{Logging: "DEFAULT"}, true},
		"override":         {&ExecuteCommandConfiguration{Logging: "OVERRIDE", Log: group}, true},
		"override nothing": {&ExecuteCommandConfiguration{Logging: "OVERRIDE"}, false},
		"override nowhere": {&ExecuteCommandConfiguration{Logging: "OVERRIDE", Log: &ExecuteCommandLog{}}, false},
		"log by default":   {&ExecuteCommandConfiguration{Logging: "DEFAULT", Log: group}, false},
	} {
		if err := c.configuration.Check(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := &ExecuteCommandConfiguration{Logging: "OVERRIDE", Log: &ExecuteCommandLog{CloudWatchLogGroupName: "g"}}
	b := &ExecuteCommandConfiguration{Logging: "OVERRIDE", Log: group}
	var none *ExecuteCommandConfiguration
	if !a.Equal(b) || a.Equal(none) || none.Equal(a) || !none.Equal(nil) || a.Equal(&ExecuteCommandConfiguration{Logging: "OVERRIDE"}) {
		t.Error("Equal does not compare what is configured")
	}
}

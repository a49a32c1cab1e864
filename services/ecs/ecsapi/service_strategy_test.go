package ecsapi_test

import (
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

const infrastructureRole = "arn:aws:iam::123456789012:role/ecs"

// twoGroups makes target groups blue and green behind a production rule, with
// both of them if it shall be so, and a test rule with green.
func (w *taskWorld) twoGroups(t testing.TB, both bool) ecsapi.LoadBalancer {
	t.Helper()
	blue, green := w.targetGroup(t, "blue", "ip", false), w.targetGroup(t, "green", "ip", false)
	lb := elbv2.LoadBalancerARN(w.scope, elbv2.Application, "web", "0123456789abcdef")
	listener := elbv2.ListenerARN(lb, "1111111111111111")
	production, test := elbv2.RuleARN(listener, "2222222222222222"), elbv2.RuleARN(listener, "3333333333333333")
	w.update(func(tx *store.Txn) {
		groups := []elbv2.WeightedGroup{{ARN: blue, Weight: 1}}
		if both {
			groups = append(groups, elbv2.WeightedGroup{ARN: green})
		}
		for rule, groups := range map[string][]elbv2.WeightedGroup{production: groups, test: {{ARN: green, Weight: 1}}} {
			elbv2.Rules.Put(tx, elbv2.Rule{
				ARN: rule, Scope: w.scope, Listener: listener, LoadBalancer: lb,
				Actions: []elbv2.Action{{Type: elbv2.Forward, TargetGroups: groups}},
			})
		}
	})
	return ecsapi.LoadBalancer{
		TargetGroupArn: &blue, ContainerName: wire.Ptr("main"), ContainerPort: wire.Ptr[int32](80),
		AdvancedConfiguration: &ecsapi.AdvancedConfiguration{
			AlternateTargetGroupArn: &green, ProductionListenerRule: &production, TestListenerRule: &test, RoleArn: wire.Ptr(infrastructureRole),
		},
	}
}

func TestStrategiesAreShown(t *testing.T) {
	minutes, percent := wire.Ptr[int32], wire.Ptr[float64]
	for name, c := range map[string]struct {
		in   ecsapi.DeploymentConfiguration
		want ecs.DeploymentConfiguration
	}{
		"BLUE_GREEN": {ecsapi.DeploymentConfiguration{BakeTimeInMinutes: minutes(5)}, ecs.DeploymentConfiguration{BakeMinutes: 5}},
		"LINEAR":     {ecsapi.DeploymentConfiguration{}, ecs.DeploymentConfiguration{StepWeight: 100, StepMinutes: 6}},
		"CANARY": {ecsapi.DeploymentConfiguration{
			BakeTimeInMinutes:   minutes(0),
			CanaryConfiguration: &ecsapi.CanaryConfiguration{CanaryPercent: percent(0.7), CanaryBakeTimeInMinutes: minutes(0)},
		}, ecs.DeploymentConfiguration{StepWeight: 7}},
	} {
		w := newTaskWorld(t)
		lb := w.twoGroups(t, true)
		c.in.Strategy = &name
		made := w.service("web", func(in *ecsapi.CreateServiceInput) {
			in.LoadBalancers, in.DeploymentConfiguration = []ecsapi.LoadBalancer{lb}, &c.in
		})
		got := made.DeploymentConfiguration
		var step float64
		var after int32
		if l := got.LinearConfiguration; l != nil {
			step, after = *l.StepPercent, *l.StepBakeTimeInMinutes
		}
		if l := got.CanaryConfiguration; l != nil {
			step, after = *l.CanaryPercent, *l.CanaryBakeTimeInMinutes
		}
		if *got.Strategy != name || int(*got.BakeTimeInMinutes) != c.want.BakeMinutes ||
			step != ecs.Percent(c.want.StepWeight) || int(after) != c.want.StepMinutes {
			t.Errorf("%s: %+v, %v%% for %d minutes", name, got, step, after)
		}
		if a := made.LoadBalancers[0].AdvancedConfiguration; a == nil || *a.RoleArn != infrastructureRole {
			t.Errorf("%s: %+v", name, made.LoadBalancers)
		}
		rolling := w.change("web", func(in *ecsapi.UpdateServiceInput) {
			in.DeploymentConfiguration = &ecsapi.DeploymentConfiguration{Strategy: wire.Ptr("ROLLING")}
		}).DeploymentConfiguration
		if *rolling.BakeTimeInMinutes != 0 || rolling.LinearConfiguration != nil || rolling.CanaryConfiguration != nil {
			t.Errorf("%s, then rolling: %+v", name, rolling)
		}
	}
}

// Each revision says which of the two target groups it is in.
func TestGroupsTakeTurns(t *testing.T) {
	w := newTaskWorld(t)
	lb := w.twoGroups(t, false)
	w.service("web", func(in *ecsapi.CreateServiceInput) {
		in.LoadBalancers = []ecsapi.LoadBalancer{lb}
		in.DeploymentConfiguration = &ecsapi.DeploymentConfiguration{Strategy: wire.Ptr("BLUE_GREEN")}
	})
	group := func() string {
		d, err := w.DescribeServiceDeployments(w.ctx, &ecsapi.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{*w.show("web").CurrentServiceDeployment}})
		if err != nil {
			t.Fatal(err)
		}
		out, err := w.DescribeServiceRevisions(w.ctx, &ecsapi.DescribeServiceRevisionsInput{
			ServiceRevisionArns: []string{*d.ServiceDeployments[0].TargetServiceRevision.Arn},
		})
		if err != nil || len(out.ServiceRevisions) != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
		resolved := out.ServiceRevisions[0].ResolvedConfiguration.LoadBalancers[0]
		if *resolved.ProductionListenerRule != *lb.AdvancedConfiguration.ProductionListenerRule {
			t.Errorf("%+v", resolved)
		}
		return strings.Split(*resolved.TargetGroupArn, "/")[1]
	}
	want := func(name string) {
		t.Helper()
		if got := group(); got != name {
			t.Errorf("in %s, want %s", got, name)
		}
	}
	want("blue")
	w.settle("web")
	w.change("web", force)
	want("green")
	w.change("web", force) // what replaces an unfinished one is in its place
	want("green")
	w.settle("web")
	w.change("web", force)
	want("blue")
	w.settle("web")
	w.change("web", force)
	w.settle("web")
	w.change("web", force, func(in *ecsapi.UpdateServiceInput) {
		in.DeploymentConfiguration = &ecsapi.DeploymentConfiguration{Strategy: wire.Ptr("ROLLING")}
	})
	want("green") // where the traffic is
}

func TestTrafficIsShown(t *testing.T) {
	w := newTaskWorld(t)
	lb := w.twoGroups(t, false)
	w.service("web", func(in *ecsapi.CreateServiceInput) {
		in.LoadBalancers = []ecsapi.LoadBalancer{lb}
		in.DeploymentConfiguration = &ecsapi.DeploymentConfiguration{Strategy: wire.Ptr("CANARY")}
	})
	w.settle("web")
	source := *w.show("web").CurrentServiceRevisions[0].Arn
	arn := *w.change("web", force).CurrentServiceDeployment
	w.deployment(arn, func(s *ecs.ServiceDeploymentStatus) {
		s.State, s.Stage = ecs.DeploymentInProgress, ecs.StageProduction
		s.Shift = ecs.TrafficShift{SourceARN: source, Weight: 50, Testing: true}
	})
	out, err := w.DescribeServiceDeployments(w.ctx, &ecsapi.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{arn}})
	if err != nil {
		t.Fatal(err)
	}
	d := out.ServiceDeployments[0]
	target, from := d.TargetServiceRevision, d.SourceServiceRevisions[0]
	if *d.LifecycleStage != "PRODUCTION_TRAFFIC_SHIFT" || *target.RequestedProductionTrafficWeight != 5 || *target.RequestedTestTrafficWeight != 100 {
		t.Errorf("%+v", target)
	}
	if *from.Arn != source || *from.RequestedProductionTrafficWeight != 95 || *from.RequestedTestTrafficWeight != 0 {
		t.Errorf("%+v", from)
	}
	_, err = w.UpdateService(w.ctx, &ecsapi.UpdateServiceInput{
		Service: wire.Ptr("web"), ForceNewDeployment: wire.Ptr(true),
		DeploymentConfiguration: &ecsapi.DeploymentConfiguration{Strategy: wire.Ptr("ROLLING")},
	})
	wantRefusal(t, err, "InvalidParameterException", "can't be ROLLING before")
}

func TestStrategyRefusals(t *testing.T) {
	w := newTaskWorld(t)
	minutes, percent, str := wire.Ptr[int32], wire.Ptr[float64], wire.Ptr[string]
	type configuration = ecsapi.DeploymentConfiguration
	linear := func(p *float64, m *int32) configuration {
		return configuration{Strategy: str("LINEAR"), LinearConfiguration: &ecsapi.LinearConfiguration{StepPercent: p, StepBakeTimeInMinutes: m}}
	}
	green := configuration{Strategy: str("BLUE_GREEN")}
	advanced := func(change func(*ecsapi.AdvancedConfiguration)) []ecsapi.LoadBalancer {
		lb := w.twoGroups(t, false)
		change(lb.AdvancedConfiguration)
		return []ecsapi.LoadBalancer{lb}
	}
	plain := behind(w.targetGroup(t, "served", "ip", true), "main", 80)
	for name, c := range map[string]struct {
		configuration configuration
		lbs           []ecsapi.LoadBalancer
		text          string
	}{
		"rolling canary":   {configuration{CanaryConfiguration: &ecsapi.CanaryConfiguration{}}, nil, "canaryConfiguration doesn't go with the strategy ROLLING"},
		"linear canary":    {configuration{Strategy: str("LINEAR"), CanaryConfiguration: &ecsapi.CanaryConfiguration{}}, nil, "canaryConfiguration"},
		"step of 2.9":      {linear(percent(2.9), nil), nil, "multiple of 0.1 from 3.0 to 100.0"},
		"step of 3.05":     {linear(percent(3.05), nil), nil, "multiple of 0.1"},
		"step of 101":      {linear(percent(101), nil), nil, "multiple of 0.1"},
		"step of 1441 min": {linear(nil, minutes(1441)), nil, "between 0 and 1440"},
		"bake of 1441 min": {configuration{Strategy: str("BLUE_GREEN"), BakeTimeInMinutes: minutes(1441)}, nil, "bakeTimeInMinutes must be between 0 and 1440"},
		"bake of -1 min":   {configuration{Strategy: str("BLUE_GREEN"), BakeTimeInMinutes: minutes(-1)}, nil, "bakeTimeInMinutes"},
		"one plain":        {green, append(advanced(func(*ecsapi.AdvancedConfiguration) {}), plain...), "Either all or none"},
		"listener": {green, advanced(func(a *ecsapi.AdvancedConfiguration) {
			a.ProductionListenerRule = str("arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/web/1/2")
		}), "productionListenerRule has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB. Got: arn:aws:"},
		"no such rule": {green, advanced(func(a *ecsapi.AdvancedConfiguration) {
			a.TestListenerRule = str(*a.TestListenerRule + "0")
		}), "testListenerRule"},
		"no test": {green, advanced(func(a *ecsapi.AdvancedConfiguration) { a.TestListenerRule = nil }), "testListenerRule is required"},
		"test is production": {green, advanced(func(a *ecsapi.AdvancedConfiguration) {
			a.TestListenerRule = a.ProductionListenerRule
		}), "cannot be used as both production and test"},
		"no role":       {green, advanced(func(a *ecsapi.AdvancedConfiguration) { a.RoleArn = nil }), "roleArn"},
		"not a role":    {green, advanced(func(a *ecsapi.AdvancedConfiguration) { a.RoleArn = str("admin") }), "roleArn"},
		"no production": {green, advanced(func(a *ecsapi.AdvancedConfiguration) { a.ProductionListenerRule = nil }), "productionListenerRule"},
		"no group": {green, advanced(func(a *ecsapi.AdvancedConfiguration) {
			a.AlternateTargetGroupArn = str(*a.AlternateTargetGroupArn + "0")
		}), "does not exist"},
		"one group": {green, func() []ecsapi.LoadBalancer {
			lb := w.twoGroups(t, false)
			lb.AdvancedConfiguration.AlternateTargetGroupArn = lb.TargetGroupArn
			return []ecsapi.LoadBalancer{lb}
		}(), "Duplicate targetGroupArn found"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateService(w.ctx, w.serviceInput("web", func(in *ecsapi.CreateServiceInput) {
				in.DeploymentConfiguration, in.LoadBalancers = &c.configuration, c.lbs
			}))
			wantRefusal(t, err, "InvalidParameterException", c.text)
		})
	}
	w.service("web", func(in *ecsapi.CreateServiceInput) { in.LoadBalancers = plain })
	_, err := w.UpdateService(w.ctx, &ecsapi.UpdateServiceInput{Service: str("web"), DeploymentConfiguration: &green})
	wantRefusal(t, err, "InvalidParameterException", "advancedConfiguration field is required")
	w.service("headless", func(in *ecsapi.CreateServiceInput) { in.DeploymentConfiguration = &green })
}

// Alarms are kept while they do nothing, and taken for real where they can be.
func TestAlarmsOfDeployments(t *testing.T) {
	w := newTaskWorld(t)
	with := func(enable bool, names ...string) func(*ecsapi.CreateServiceInput) {
		return func(in *ecsapi.CreateServiceInput) {
			in.DeploymentConfiguration = &ecsapi.DeploymentConfiguration{
				Alarms: &ecsapi.DeploymentAlarms{AlarmNames: names, Enable: &enable, Rollback: wire.Ptr(true)},
			}
		}
	}
	if a := w.service("off", with(false, "cpu")).DeploymentConfiguration.Alarms; a == nil || a.AlarmNames[0] != "cpu" || *a.Enable || !*a.Rollback {
		t.Errorf("%+v", a)
	}
	w.Alarms = true
	if a := w.service("on", with(true, "cpu")).DeploymentConfiguration.Alarms; a == nil || !*a.Enable {
		t.Errorf("%+v", a)
	}
	_, err := w.CreateService(w.ctx, w.serviceInput("none", with(true)))
	wantRefusal(t, err, "InvalidParameterException", "alarmNames")
}

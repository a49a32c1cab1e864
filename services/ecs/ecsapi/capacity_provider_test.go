package ecsapi

import (
	"testing"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

func TestPutClusterCapacityProviders(t *testing.T) {
	w := newWorld(t)
	w.cluster("web")
	put := func(providers []string, strategy ...CapacityProviderStrategyItem) (*PutClusterCapacityProvidersOutput, error) {
		return w.PutClusterCapacityProviders(w.ctx, &PutClusterCapacityProvidersInput{
			Cluster: wire.Ptr("web"), CapacityProviders: providers, DefaultCapacityProviderStrategy: strategy,
		})
	}
	item := CapacityProviderStrategyItem{CapacityProvider: wire.Ptr("FARGATE_SPOT"), Weight: wire.Ptr[int32](3), Base: wire.Ptr[int32](1)}
	out, err := put([]string{"FARGATE", "FARGATE_SPOT"}, item)
	c := must(w, out, err).Cluster
	if len(c.CapacityProviders) != 2 || len(c.DefaultCapacityProviderStrategy) != 1 {
		t.Fatalf("cluster %+v", c)
	}
	if s := c.DefaultCapacityProviderStrategy[0]; *s.CapacityProvider != "FARGATE_SPOT" || *s.Weight != 3 || *s.Base != 1 {
		t.Errorf("strategy %+v", s)
	}
	w.task("web", "d", "FARGATE_SPOT", ecs.TaskRunning)
	_, err = put([]string{"FARGATE"})
	w.refused(err, "ResourceInUseException", "in use")
	_, err = put([]string{"FARGATE"}, item)
	w.refused(err, "InvalidParameterException", "strategy", "FARGATE_SPOT")
	_, err = put([]string{"mine"})
	w.refused(err, "InvalidParameterException", "mine")
	out, err = put([]string{"FARGATE_SPOT"})
	if c = must(w, out, err).Cluster; len(c.CapacityProviders) != 1 || len(c.DefaultCapacityProviderStrategy) != 0 {
		t.Errorf("cluster %+v", c)
	}
	_, err = w.PutClusterCapacityProviders(w.ctx, &PutClusterCapacityProvidersInput{Cluster: wire.Ptr("nope")})
	w.refused(err, "ClusterNotFoundException")
}

func TestDescribeCapacityProviders(t *testing.T) {
	w := newWorld(t)
	w.cluster("web")
	describe := func(in DescribeCapacityProvidersInput) *DescribeCapacityProvidersOutput {
		t.Helper()
		out, err := w.DescribeCapacityProviders(w.ctx, &in)
		return must(w, out, err)
	}
	all := describe(DescribeCapacityProvidersInput{})
	if len(all.CapacityProviders) != 2 || len(all.Failures) != 0 {
		t.Fatalf("providers %+v", all)
	}
	p := all.CapacityProviders[0]
	const arn = "arn:aws:ecs:eu-west-1:000000000000:capacity-provider/FARGATE"
	if *p.Name != "FARGATE" || *p.CapacityProviderArn != arn || *p.Status != "ACTIVE" || *p.Type != "FARGATE" || p.Tags == nil {
		t.Errorf("provider %+v", p)
	}
	some := describe(DescribeCapacityProvidersInput{CapacityProviders: []string{arn, "FARGATE", "mine"}})
	if len(some.CapacityProviders) != 1 || len(some.Failures) != 1 || *some.Failures[0].Arn != "mine" || *some.Failures[0].Reason != "MISSING" {
		t.Errorf("some %+v", some)
	}
	if none := describe(DescribeCapacityProvidersInput{Cluster: wire.Ptr("web")}); len(none.CapacityProviders) != 0 {
		t.Errorf("a cluster without providers has %+v", none)
	}
	first := describe(DescribeCapacityProvidersInput{MaxResults: wire.Ptr[int32](1)})
	second := describe(DescribeCapacityProvidersInput{MaxResults: wire.Ptr[int32](1), NextToken: first.NextToken})
	if *second.CapacityProviders[0].Name != "FARGATE_SPOT" || second.NextToken != nil {
		t.Errorf("second page %+v", second)
	}
	_, err := w.DescribeCapacityProviders(w.ctx, &DescribeCapacityProvidersInput{Cluster: wire.Ptr("nope")})
	w.refused(err, "ClusterNotFoundException")
}

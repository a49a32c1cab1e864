package elbv2api_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"

	kaimonaws "kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/gateway"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/acm"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/services/elbv2/elbv2api"
	"kaimon.dev/kaimon/services/iam"
	"kaimon.dev/kaimon/store"
)

const keyID, secret = "AKIAADMINADMINADMIN2", "se/cret+"

var scope = kaimonaws.Scope{Account: "123456789012", Region: "eu-west-1"}

// world is the front door with ELBv2 behind it, seen by the SDK.
type world struct {
	*sdk.Client
	t       *testing.T
	store   *store.Store
	vpc     string
	subnets []string // in zones a, b and c
	group   string   // the default security group
	certs   []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	tables := append(iam.Tables(), ec2.Tables()...)
	s := store.OpenMemory(append(append(tables, elbv2.Tables()...), acm.Tables()...)...)
	w := &world{t: t, store: s}
	admin := iam.AdministratorKey(scope.Account, keyID, secret, time.Unix(0, 0))
	err := s.Update(context.Background(), func(tx *store.Txn) error {
		iam.AccessKeys.Put(tx, admin)
		ec2.EnsureDefaultVPC(tx, scope)
		vpc, _ := ec2.DefaultVPC(tx, scope)
		w.vpc = vpc.ID
		zones := map[string]string{}
		for n := range ec2.SubnetsOf(tx, vpc.ID) {
			zones[n.Zone] = n.ID
		}
		for _, z := range ec2.ZonesOf(scope.Region) {
			w.subnets = append(w.subnets, zones[z.Name])
		}
		g, _ := ec2.GroupNamed(tx, vpc.ID, "default")
		w.group = g.ID
		for _, id := range []string{"one", "two"} {
			c := acm.Certificate{Scope: scope, Domain: id + ".example.com", Type: acm.Imported}
			c.ARN = acm.NewARN(&c, id)
			acm.Certificates.Put(tx, c)
			w.certs = append(w.certs, c.ARN)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gateway.New(gateway.Options{
		Services:    []*wire.Service{elbv2api.Bind(&elbv2api.Handlers{Store: s, Clock: clock.System{}})},
		Credentials: iam.Directory{Store: s}, Authorizer: gateway.AllowAll{}, Clock: clock.System{},
		Log: slog.New(slog.DiscardHandler),
	}))
	t.Cleanup(func() { server.Close(); s.Close() })
	w.Client = sdk.New(sdk.Options{
		BaseEndpoint: aws.String(server.URL), Region: scope.Region, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(keyID, secret, ""),
	})
	return w
}

// must fails the test for an error of a call.
func must[T any](t *testing.T) func(T, error) T {
	return func(out T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// refused checks the code of a call's error.
func refused(t *testing.T, code string, err error) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func (w *world) balancer(name string) types.LoadBalancer {
	w.t.Helper()
	out := must[*sdk.CreateLoadBalancerOutput](w.t)(w.CreateLoadBalancer(w.t.Context(), &sdk.CreateLoadBalancerInput{
		Name: &name, Subnets: w.subnets[:2],
	}))
	return out.LoadBalancers[0]
}

func (w *world) network(name string) types.LoadBalancer {
	w.t.Helper()
	out := must[*sdk.CreateLoadBalancerOutput](w.t)(w.CreateLoadBalancer(w.t.Context(), &sdk.CreateLoadBalancerInput{
		Name: &name, Type: types.LoadBalancerTypeEnumNetwork, Subnets: w.subnets[:1], SecurityGroups: []string{w.group},
	}))
	return out.LoadBalancers[0]
}

func (w *world) targets(name string, protocol types.ProtocolEnum) string {
	w.t.Helper()
	out := must[*sdk.CreateTargetGroupOutput](w.t)(w.CreateTargetGroup(w.t.Context(), &sdk.CreateTargetGroupInput{
		Name: &name, Protocol: protocol, Port: aws.Int32(80), VpcId: &w.vpc, TargetType: types.TargetTypeEnumIp,
	}))
	return *out.TargetGroups[0].TargetGroupArn
}

func forward(group string) []types.Action {
	return []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: &group}}
}

func (w *world) listener(balancer, group string, port int32) types.Listener {
	w.t.Helper()
	out := must[*sdk.CreateListenerOutput](w.t)(w.CreateListener(w.t.Context(), &sdk.CreateListenerInput{
		LoadBalancerArn: &balancer, Protocol: types.ProtocolEnumHttp, Port: &port, DefaultActions: forward(group),
	}))
	return out.Listeners[0]
}

func (w *world) update(fn func(tx *store.Txn) error) {
	w.t.Helper()
	if err := w.store.Update(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

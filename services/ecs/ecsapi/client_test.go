package ecsapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"kaimon.dev/kaimon/aws/gateway"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/services/iam"
	"kaimon.dev/kaimon/services/servicediscovery"
	"kaimon.dev/kaimon/store"
)

const keyID, secret = "AKIAADMINADMINADMIN2", "se/cret+"

// serve starts the front door with ECS behind it and returns the endpoint.
func serve(t *testing.T) string {
	t.Helper()
	endpoint, _ := serveStore(t)
	return endpoint
}

// serveStore is serve, and returns what is behind it.
func serveStore(t *testing.T) (endpoint string, s *store.Store) {
	t.Helper()
	s = store.OpenMemory(slices.Concat(iam.Tables(), ec2.Tables(), elbv2.Tables(), ecs.Tables(), servicediscovery.Tables())...)
	admin := iam.AdministratorKey("123456789012", keyID, secret, time.Unix(0, 0))
	if err := s.Update(context.Background(), func(tx *store.Txn) error {
		iam.AccessKeys.Put(tx, admin)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	handlers := ecsapi.New(ecsapi.Options{Store: s, Clock: clock.System{}, Hex: clock.Hex})
	server := gateway.NewServer(gateway.New(gateway.Options{
		Services:    []*wire.Service{ecsapi.Bind(handlers)},
		Credentials: iam.Directory{Store: s}, Authorizer: gateway.AllowAll{}, Clock: clock.System{}, Log: log,
	}), log)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() {
		_ = server.Shutdown(context.Background())
		_ = s.Close()
	})
	return "http://" + l.Addr().String(), s
}

func newClient(t *testing.T) *sdk.Client { return clientOf(serve(t)) }

func clientOf(endpoint string) *sdk.Client {
	return sdk.New(sdk.Options{
		BaseEndpoint: &endpoint, Region: "eu-west-1",
		Credentials: credentials.NewStaticCredentialsProvider(keyID, secret, ""),
	})
}

func TestDefinitionsBySDK(t *testing.T) {
	c, ctx := newClient(t), t.Context()
	in := &sdk.RegisterTaskDefinitionInput{
		Family: aws.String("web"), NetworkMode: types.NetworkModeAwsvpc, Cpu: aws.String(".25 vCPU"), Memory: aws.String("512"),
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		ContainerDefinitions:    []types.ContainerDefinition{{Name: aws.String("app"), Image: aws.String("nginx")}},
		Tags:                    []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}},
	}
	for range 3 {
		if _, err := c.RegisterTaskDefinition(ctx, in); err != nil {
			t.Fatal(err)
		}
	}
	out, err := c.DescribeTaskDefinition(ctx, &sdk.DescribeTaskDefinitionInput{
		TaskDefinition: aws.String("web"), Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
	})
	if err != nil {
		t.Fatal(err)
	}
	d := out.TaskDefinition
	if d.Revision != 3 || aws.ToString(d.Cpu) != "256" || d.RegisteredAt == nil || len(out.Tags) != 1 || !aws.ToBool(d.ContainerDefinitions[0].Essential) {
		t.Errorf("definition %+v", d)
	}
	pages := sdk.NewListTaskDefinitionsPaginator(c, &sdk.ListTaskDefinitionsInput{MaxResults: aws.Int32(2), Sort: types.SortOrderDesc})
	var arns []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		arns = append(arns, page.TaskDefinitionArns...)
	}
	if len(arns) != 3 || !strings.HasSuffix(arns[0], "web:3") {
		t.Errorf("listed %v", arns)
	}
	in.Cpu = aws.String("300")
	_, err = c.RegisterTaskDefinition(ctx, in)
	var refusal *types.ClientException
	if !errors.As(err, &refusal) || !strings.HasPrefix(refusal.ErrorMessage(), "No Fargate configuration exists") {
		t.Errorf("an impossible size: %v", err)
	}
}

func TestClustersBySDK(t *testing.T) {
	c, ctx := newClient(t), t.Context()
	if _, err := c.CreateCluster(ctx, &sdk.CreateClusterInput{ClusterName: aws.String("web"), CapacityProviders: []string{"FARGATE"}}); err != nil {
		t.Fatal(err)
	}
	out, err := c.DescribeClusters(ctx, &sdk.DescribeClustersInput{
		Clusters: []string{"web", "nope"}, Include: []types.ClusterField{types.ClusterFieldSettings, types.ClusterFieldStatistics},
	})
	if err != nil || len(out.Clusters) != 1 || len(out.Failures) != 1 || len(out.Clusters[0].Statistics) != 12 {
		t.Fatalf("%+v, %v", out, err)
	}
	if _, err := c.DeleteCluster(ctx, &sdk.DeleteClusterInput{Cluster: aws.String("web")}); err != nil {
		t.Fatal(err)
	}
	_, err = c.UpdateClusterSettings(ctx, &sdk.UpdateClusterSettingsInput{Cluster: aws.String("web"), Settings: []types.ClusterSetting{}})
	var gone *types.ClusterNotFoundException
	if !errors.As(err, &gone) {
		t.Errorf("a deleted cluster: %v", err)
	}
	_, err = c.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceArn: aws.String("arn:aws:ecs:eu-west-1:123456789012:service/web/s")})
	var none *types.ResourceNotFoundException
	if !errors.As(err, &none) {
		t.Errorf("tags of nothing: %v", err)
	}
	settings, err := c.ListAccountSettings(ctx, &sdk.ListAccountSettingsInput{EffectiveSettings: true})
	long := func(s types.Setting) bool {
		return s.Name == types.SettingNameTaskLongArnFormat && aws.ToString(s.Value) == "enabled"
	}
	if err != nil || !slices.ContainsFunc(settings.Settings, long) && settings.NextToken == nil {
		t.Errorf("settings %+v, %v", settings, err)
	}
}

// TestDefinitionsByCLI registers what people keep in files, and what is wrong with it.
func TestDefinitionsByCLI(t *testing.T) {
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the aws CLI is not installed")
	}
	run := cliOf(cli, serve(t))
	const file = `{"family":"web","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512",
		"containerDefinitions":[{"name":"app","image":"nginx","portMappings":[{"containerPort":80}]}]}`
	out, err := run("register-task-definition", "--cli-input-json", file)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var got struct {
		TaskDefinition struct {
			TaskDefinitionArn string
			RegisteredAt      any // version 1 of the CLI prints a number, version 2 a text
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || !strings.HasSuffix(got.TaskDefinition.TaskDefinitionArn, ":task-definition/web:1") || got.TaskDefinition.RegisteredAt == nil {
		t.Errorf("%v: %s", err, out)
	}
	for _, c := range []struct{ from, to, want string }{
		{`"awsvpc"`, `"bridge"`, "(ClientException)"},
		{`"awsvpc"`, `"wifi"`, "Exception)"},
	} {
		if out, err := run("register-task-definition", "--cli-input-json", strings.Replace(file, c.from, c.to, 1)); err == nil || !strings.Contains(out, c.want) {
			t.Errorf("%s: %v: %s", c.to, err, out)
		}
	}
}

// cliOf runs the CLI's commands of ECS against an endpoint.
func cliOf(cli, endpoint string) func(args ...string) (string, error) {
	return func(args ...string) (string, error) {
		cmd := exec.Command(cli, append([]string{"ecs", "--output", "json"}, args...)...)
		cmd.Env = append(cmd.Environ(), "AWS_ENDPOINT_URL="+endpoint, "AWS_DEFAULT_REGION=eu-west-1", "AWS_ACCESS_KEY_ID="+keyID,
			"AWS_SECRET_ACCESS_KEY="+secret, "AWS_SESSION_TOKEN=", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
}

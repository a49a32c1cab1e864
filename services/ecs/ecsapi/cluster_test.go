package ecsapi

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

const clusterPrefix = "arn:aws:ecs:eu-west-1:000000000000:cluster/"

func TestCreateClusterAnswersAsAWS(t *testing.T) {
	w := newWorld(t)
	out, err := w.CreateCluster(w.ctx, &CreateClusterInput{Tags: []Tag{{Key: wire.Ptr("team"), Value: wire.Ptr("a")}}})
	c := must(w, out, err).Cluster
	if *c.ClusterName != "default" || *c.ClusterArn != clusterPrefix+"default" || *c.Status != "ACTIVE" {
		t.Errorf("cluster %s %s %s", *c.ClusterName, *c.ClusterArn, *c.Status)
	}
	if len(c.Settings) != 1 || *c.Settings[0].Name != "containerInsights" || *c.Settings[0].Value != "disabled" {
		t.Errorf("settings %v", c.Settings)
	}
	if len(c.Tags) != 1 || c.Statistics == nil || c.CapacityProviders == nil || c.DefaultCapacityProviderStrategy == nil {
		t.Errorf("lists are missing: %+v", c)
	}
	if *c.RunningTasksCount+*c.PendingTasksCount+*c.ActiveServicesCount+*c.RegisteredContainerInstancesCount != 0 {
		t.Errorf("counts of an empty cluster: %+v", c)
	}
}

func TestCreateClusterIsIdempotent(t *testing.T) {
	w := newWorld(t)
	full := &CreateClusterInput{
		ClusterName:                     wire.Ptr("web"),
		CapacityProviders:               []string{"FARGATE"},
		DefaultCapacityProviderStrategy: []CapacityProviderStrategyItem{{CapacityProvider: wire.Ptr("FARGATE"), Weight: wire.Ptr[int32](1)}},
		Settings:                        []ClusterSetting{{Name: wire.Ptr("containerInsights"), Value: wire.Ptr("enabled")}},
		Configuration:                   &ClusterConfiguration{ExecuteCommandConfiguration: &ExecuteCommandConfiguration{}},
	}
	for _, in := range []*CreateClusterInput{full, full, {ClusterName: wire.Ptr("web")}} {
		out, err := w.CreateCluster(w.ctx, in)
		if c := must(w, out, err).Cluster; *c.Settings[0].Value != "enabled" || len(c.CapacityProviders) != 1 ||
			*c.Configuration.ExecuteCommandConfiguration.Logging != "DEFAULT" {
			t.Errorf("cluster %+v", c)
		}
	}
	for _, change := range []func(in *CreateClusterInput){
		func(in *CreateClusterInput) { in.CapacityProviders = []string{"FARGATE", "FARGATE_SPOT"} },
		func(in *CreateClusterInput) {
			in.Settings = []ClusterSetting{{Name: wire.Ptr("containerInsights"), Value: wire.Ptr("disabled")}}
		},
		func(in *CreateClusterInput) { in.Tags = []Tag{{Key: wire.Ptr("a"), Value: wire.Ptr("b")}} },
		func(in *CreateClusterInput) {
			in.Configuration = &ClusterConfiguration{ExecuteCommandConfiguration: &ExecuteCommandConfiguration{Logging: wire.Ptr("NONE")}}
		},
	} {
		in := *full
		change(&in)
		_, err := w.CreateCluster(w.ctx, &in)
		w.refused(err, "InvalidParameterException", "inconsistent")
	}
}

func TestCreateClusterRefuses(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		in   CreateClusterInput
		word string
	}{
		"name":       {CreateClusterInput{ClusterName: wire.Ptr("a/b")}, "name"},
		"long name":  {CreateClusterInput{ClusterName: wire.Ptr(strings.Repeat("a", 256))}, "name"},
		"provider":   {CreateClusterInput{CapacityProviders: []string{"mine"}}, "mine"},
		"strategy":   {CreateClusterInput{DefaultCapacityProviderStrategy: []CapacityProviderStrategyItem{{CapacityProvider: wire.Ptr("FARGATE"), Weight: wire.Ptr[int32](1)}}}, "strategy"},
		"setting":    {CreateClusterInput{Settings: []ClusterSetting{{Name: wire.Ptr("containerInsights"), Value: wire.Ptr("on")}}}, "settings"},
		"tags":       {CreateClusterInput{Tags: []Tag{{Key: wire.Ptr("aws:a")}}}, "aws:"},
		"namespace":  {CreateClusterInput{ServiceConnectDefaults: &ClusterServiceConnectDefaultsRequest{Namespace: wire.Ptr("n")}}, "serviceConnectDefaults"},
		"storage":    {CreateClusterInput{Configuration: &ClusterConfiguration{ManagedStorageConfiguration: &ManagedStorageConfiguration{KmsKeyId: wire.Ptr("k")}}}, "managedStorageConfiguration"},
		"log target": {CreateClusterInput{Configuration: &ClusterConfiguration{ExecuteCommandConfiguration: &ExecuteCommandConfiguration{Logging: wire.Ptr("OVERRIDE")}}}, "configuration"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateCluster(w.ctx, &c.in)
			w.refused(err, "InvalidParameterException", c.word)
		})
	}
	out, err := w.ListClusters(w.ctx, &ListClustersInput{})
	if got := must(w, out, err).ClusterArns; len(got) != 0 {
		t.Errorf("a refused request left %v", got)
	}
}

func TestDescribeClusters(t *testing.T) {
	w := newWorld(t)
	web := w.cluster("web")
	w.task("web", "d", "", ecs.TaskRunning)
	w.task("web", "d", "", ecs.TaskPending)
	w.task("web", "d", "", ecs.TaskStopped)
	out, err := w.DescribeClusters(w.ctx, &DescribeClustersInput{Clusters: []string{
		"web", web, "nope", "arn:aws:ecs:us-east-1:000000000000:cluster/web",
	}})
	must(w, out, err)
	if len(out.Clusters) != 1 || len(out.Failures) != 2 {
		t.Fatalf("%d clusters, %d failures", len(out.Clusters), len(out.Failures))
	}
	if f := out.Failures[0]; *f.Arn != clusterPrefix+"nope" || *f.Reason != "MISSING" {
		t.Errorf("failure %s %s", *f.Arn, *f.Reason)
	}
	c := out.Clusters[0]
	if *c.RunningTasksCount != 1 || *c.PendingTasksCount != 1 || len(c.Settings)+len(c.Statistics)+len(c.Tags) != 0 || c.Attachments != nil {
		t.Errorf("cluster without include: %+v", c)
	}
	out, err = w.DescribeClusters(w.ctx, &DescribeClustersInput{
		Clusters: []string{"web"}, Include: []string{"SETTINGS", "STATISTICS", "ATTACHMENTS", "CONFIGURATIONS", "TAGS"},
	})
	c = must(w, out, err).Clusters[0]
	if n := pairs(c.Statistics); len(n) != 12 || n["runningFargateTasksCount"] != "1" || n["pendingFargateTasksCount"] != "1" || n["runningEC2TasksCount"] != "0" {
		t.Errorf("statistics %v", n)
	}
	if len(c.Settings) != 1 || c.Attachments == nil {
		t.Errorf("settings %v, attachments %v", c.Settings, c.Attachments)
	}
}

func TestDescribeClustersByDefaultAndBadly(t *testing.T) {
	w := newWorld(t)
	out, err := w.DescribeClusters(w.ctx, &DescribeClustersInput{})
	if must(w, out, err); len(out.Failures) != 1 || *out.Failures[0].Arn != clusterPrefix+"default" {
		t.Errorf("a fresh account has no default cluster: %+v", out)
	}
	w.cluster("")
	out, err = w.DescribeClusters(w.ctx, &DescribeClustersInput{})
	if must(w, out, err); len(out.Clusters) != 1 || out.Failures == nil {
		t.Errorf("the default cluster: %+v", out)
	}
	_, err = w.DescribeClusters(w.ctx, &DescribeClustersInput{Clusters: make([]string, 101)})
	w.refused(err, "InvalidParameterException", "100")
	_, err = w.DescribeClusters(w.ctx, &DescribeClustersInput{Clusters: []string{"a b"}})
	w.refused(err, "InvalidParameterException")
}

func TestListClustersPages(t *testing.T) {
	w := newWorld(t)
	var want []string
	for i := range 7 {
		want = append(want, w.cluster(fmt.Sprint("c", i)))
	}
	w.ctx = as(root, "us-east-1")
	w.cluster("elsewhere")
	w.ctx = as(root, "eu-west-1")
	var got []string
	in := &ListClustersInput{MaxResults: wire.Ptr[int32](3)}
	for {
		out, err := w.ListClusters(w.ctx, in)
		got = append(got, must(w, out, err).ClusterArns...)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed %v; want %v", got, want)
	}
	for _, max := range []int32{0, -1, 101} {
		_, err := w.ListClusters(w.ctx, &ListClustersInput{MaxResults: &max})
		w.refused(err, "InvalidParameterException", "maxResults")
	}
}

func TestUpdateCluster(t *testing.T) {
	w := newWorld(t)
	w.cluster("web")
	enabled := []ClusterSetting{{Name: wire.Ptr("containerInsights"), Value: wire.Ptr("enabled")}}
	one, err := w.UpdateClusterSettings(w.ctx, &UpdateClusterSettingsInput{Cluster: wire.Ptr("web"), Settings: enabled})
	if got := *must(w, one, err).Cluster.Settings[0].Value; got != "enabled" {
		t.Errorf("settings %s", got)
	}
	none := &ClusterConfiguration{ExecuteCommandConfiguration: &ExecuteCommandConfiguration{Logging: wire.Ptr("NONE"), KmsKeyId: wire.Ptr("k")}}
	two, err := w.UpdateCluster(w.ctx, &UpdateClusterInput{Cluster: wire.Ptr("web"), Configuration: none})
	c := must(w, two, err).Cluster
	if e := c.Configuration.ExecuteCommandConfiguration; *e.Logging != "NONE" || *e.KmsKeyId != "k" || *c.Settings[0].Value != "enabled" {
		t.Errorf("cluster %+v", c)
	}
	three, err := w.UpdateCluster(w.ctx, &UpdateClusterInput{Cluster: wire.Ptr("web"), Settings: []ClusterSetting{{Name: wire.Ptr("containerInsights"), Value: wire.Ptr("enhanced")}}})
	if c = must(w, three, err).Cluster; *c.Settings[0].Value != "enhanced" || c.Configuration == nil {
		t.Errorf("cluster %+v", c)
	}
	_, err = w.UpdateCluster(w.ctx, &UpdateClusterInput{Cluster: wire.Ptr("nope"), Settings: enabled})
	w.refused(err, "ClusterNotFoundException", "Cluster not found.")
	_, err = w.UpdateClusterSettings(w.ctx, &UpdateClusterSettingsInput{Cluster: wire.Ptr("web"), Settings: []ClusterSetting{{}}})
	w.refused(err, "InvalidParameterException", "settings")
	_, err = w.UpdateCluster(w.ctx, &UpdateClusterInput{Cluster: wire.Ptr("web"), ServiceConnectDefaults: &ClusterServiceConnectDefaultsRequest{Namespace: wire.Ptr("n")}})
	w.refused(err, "InvalidParameterException", "serviceConnectDefaults")
}

func TestDeleteCluster(t *testing.T) {
	w := newWorld(t)
	web := w.cluster("web")
	w.task("web", "d", "", ecs.TaskDeprovisioning)
	remove := func() (*DeleteClusterOutput, error) {
		return w.DeleteCluster(w.ctx, &DeleteClusterInput{Cluster: wire.Ptr("web")})
	}
	_, err := remove()
	w.refused(err, "ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")

	w.cluster("other")
	w.task("other", "d", "", ecs.TaskStopped)
	gone, err := w.DeleteCluster(w.ctx, &DeleteClusterInput{Cluster: wire.Ptr("other")})
	if c := must(w, gone, err).Cluster; *c.Status != "INACTIVE" {
		t.Errorf("status %s", *c.Status)
	}
	_, err = w.DeleteCluster(w.ctx, &DeleteClusterInput{Cluster: wire.Ptr("other")})
	w.refused(err, "ClusterNotFoundException")
	list, err := w.ListClusters(w.ctx, &ListClustersInput{})
	if got := must(w, list, err).ClusterArns; !slices.Equal(got, []string{web}) {
		t.Errorf("listed %v", got)
	}
	describe := func() *DescribeClustersOutput {
		out, err := w.DescribeClusters(w.ctx, &DescribeClustersInput{Clusters: []string{"other"}})
		return must(w, out, err)
	}
	if out := describe(); len(out.Clusters) != 1 || *out.Clusters[0].Status != "INACTIVE" {
		t.Errorf("a deleted cluster: %+v", out)
	}
	w.now = w.now.Add(2 * time.Hour)
	if out := describe(); len(out.Failures) != 1 {
		t.Errorf("long after: %+v", out)
	}
	w.cluster("third")
	if _, ok := ecs.Clusters.Get(w.Store.Snapshot(), clusterPrefix+"other"); ok {
		t.Error("the row of a forgotten cluster stays")
	}
	w.cluster("other")
	if out := describe(); *out.Clusters[0].Status != "ACTIVE" {
		t.Errorf("created again: %+v", out)
	}
}

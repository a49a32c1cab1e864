package ecsapi

import (
	"reflect"
	"testing"

	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// TestRowsSurviveARestart holds that everything comes back from disk as it was
// answered, absent and empty members told apart.
func TestRowsSurviveARestart(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	open := func() {
		s, err := store.Open(w.ctx, store.Options{Dir: dir}, ecs.Tables()...)
		if err != nil {
			t.Fatal(err)
		}
		w.Store = s
	}
	open()
	web := w.cluster("web")
	full, err := w.RegisterTaskDefinition(w.ctx, fullDefinition())
	must(w, full, err)
	putSetting(w, "containerInsights", "enhanced")
	_, err = w.TagResource(w.ctx, &TagResourceInput{ResourceArn: &web, Tags: []Tag{tag("a", "b")}})
	must(w, 0, err)
	before, err := w.DescribeClusters(w.ctx, &DescribeClustersInput{Clusters: []string{"web"}, Include: includeAll})
	must(w, before, err)
	if err := w.Store.Close(); err != nil {
		t.Fatal(err)
	}

	open()
	defer w.Store.Close()
	if got := describe(w, "full", "TAGS"); !reflect.DeepEqual(got.TaskDefinition, full.TaskDefinition) || !reflect.DeepEqual(got.Tags, full.Tags) {
		t.Errorf("definition\n got %+v\nwant %+v", got.TaskDefinition, full.TaskDefinition)
	}
	after, err := w.DescribeClusters(w.ctx, &DescribeClustersInput{Clusters: []string{"web"}, Include: includeAll})
	if must(w, after, err); !reflect.DeepEqual(after, before) {
		t.Errorf("cluster\n got %+v\nwant %+v", after, before)
	}
	if all, _ := settings(w, &ListAccountSettingsInput{}); len(all) != 1 || all[0] != "containerInsights=enhanced" {
		t.Errorf("settings %v", all)
	}
	out, err := w.RegisterTaskDefinition(w.ctx, fullDefinition())
	if d := must(w, out, err).TaskDefinition; *d.Revision != 2 {
		t.Errorf("revision %d after a restart", *d.Revision)
	}
}

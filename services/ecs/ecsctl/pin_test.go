package ecsctl_test

import (
	"testing"
	"time"

	"kaimon.dev/kaimon/runtime/fake"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// digests are the digests of a container's images in the tasks of a revision
// that haven't stopped.
func (s *served) digests(revision, container string) map[string]int {
	out := map[string]int{}
	snap := s.store.Snapshot()
	for t := range ecs.TasksOfRevision(snap, revision) {
		status := ecs.StatusOf(snap, t)
		if !status.LastStatus.Before(ecs.TaskStopping) {
			continue
		}
		for i, c := range t.Containers {
			if c.Name == container {
				out[status.Containers[i].ImageDigest]++
			}
		}
	}
	return out
}

// TestVersionConsistency holds that a deployment's tasks all run what its first
// one got, though the tag has moved, unless the container doesn't want it; that
// the next deployment looks again; and that a restart forgets nothing.
func TestVersionConsistency(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.machine.OnPull("app:v1", fake.Pull{Digest: "sha256:old"})
		containers := []ecs.ContainerDefinition{
			{Name: "app", Image: "app:v1", Essential: true},
			{Name: "side", Image: "app:v1", VersionConsistency: "disabled"},
		}
		s := w.serve(2, containers...)
		w.after(time.Minute)
		w.machine.OnPull("app:v1", fake.Pull{Digest: "sha256:new"})
		w.restart()
		s.change(func(svc *ecs.Service) { svc.DesiredCount = 4 })
		w.after(time.Minute)
		check := func(what, revision, container string, want map[string]int) {
			t.Helper()
			got := s.digests(revision, container)
			for d, n := range want {
				if got[d] != n || len(got) != len(want) {
					t.Errorf("%s: %v, want %v", what, got, want)
				}
			}
		}
		check("scaled out", s.revisions[0], "app", map[string]int{"sha256:old": 4})
		check("not consistent", s.revisions[0], "side", map[string]int{"sha256:old": 2, "sha256:new": 2})
		s.deploy(containers...)
		w.after(10 * time.Minute)
		check("deployed anew", s.revisions[1], "app", map[string]int{"sha256:new": 4})
		snap := w.store.Snapshot()
		if got := ecs.DigestFor(snap, s.revisions[0], "app:v1"); got != "sha256:old" {
			t.Errorf("the old revision has %q", got)
		}
		w.update(func(tx *store.Txn) error { ecs.ForgetService(tx, s.row()); return nil })
		for range ecs.ImagesOfRevisions.All(w.store.Snapshot()) {
			t.Error("images are left when the service is gone")
		}
	})
}

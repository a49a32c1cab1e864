package ecsctl

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/reconcile"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

const (
	// serviceWorkers is how many services are worked on at once.
	serviceWorkers = 16
	// mostPlans is how many plans in a row are no sign of a fault: the largest
	// services need some hundreds.
	mostPlans = 2000
	// barredFor is for how long a target group that refused targets is left alone.
	barredFor = 10 * time.Second
)

// services makes services come true: it starts and stops their tasks.
type services struct {
	store *store.Store
	clock clock.Clock
	log   *slog.Logger
	loop  *reconcile.Loop
	// alarms is nil while there are none.
	alarms Alarms
	// wakeTask has a task looked at whose targets changed.
	wakeTask func(arn string)

	mu sync.Mutex
	// books are by the service's ARN.
	books map[string]*book
	// targets are the tasks that are, or were, targets, by elbv2.TargetKey.
	targets map[string]string
}

// book is a service's ledger and what has happened since it was written.
type book struct {
	ledger *ledger         // of whoever reconciles the service; nil to be made anew
	dirty  map[string]bool // tasks that changed; guarded by services.mu
	stale  bool            // all may have; guarded by services.mu
}

func newServices(o Options, wakeTask func(string)) *services {
	s := &services{
		store: o.Store, clock: o.Clock, log: o.Log, alarms: o.Alarms, wakeTask: wakeTask, books: map[string]*book{}, targets: map[string]string{},
	}
	s.loop = reconcile.New(reconcile.Options{
		Name: "ecs.services", Workers: serviceWorkers, Log: o.Log, Keys: s.keys, Resync: resync,
	}, s.reconcile)
	return s
}

// watch has services looked at when something changes that concerns them.
func (s *services) watch(ctx context.Context) {
	reconcile.FromChanges(ctx, s.loop, s.store, s.concerned, ecs.Services, ecs.ServiceDeployments, ecs.TaskSets,
		ecs.Tasks, ecs.TaskStatuses, ecs.TaskProtections, elbv2.Targets, elbv2.TargetHealths)
}

// keys lists every service; each is looked at as a whole.
func (s *services) keys() []string {
	var keys []string
	for svc := range ecs.Services.All(s.store.Snapshot()) {
		keys = append(keys, svc.ARN)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, arn := range keys {
		s.book(arn).stale = true
	}
	return keys
}

// concerned returns the service that a change concerns, and marks its task.
func (s *services) concerned(snap *store.Snapshot, c store.Change) []string {
	task := c.ID
	switch c.Table {
	case ecs.Services.Name():
		return []string{c.ID}
	case ecs.ServiceDeployments.Name():
		if d, ok := ecs.ServiceDeployments.Get(snap, c.ID); ok {
			return []string{d.ServiceARN}
		}
		return nil
	case ecs.TaskSets.Name():
		if set, ok := ecs.TaskSets.Get(snap, c.ID); ok {
			return []string{set.ServiceARN}
		}
		return nil
	case elbv2.Targets.Name(), elbv2.TargetHealths.Name():
		s.mu.Lock()
		task = s.targets[c.ID]
		s.mu.Unlock()
		if task != "" {
			s.wakeTask(task)
		}
	}
	t, ok := ecs.Tasks.Get(snap, task)
	if !ok || t.ServiceARN == "" {
		return nil
	}
	s.mark(t.ServiceARN, task)
	return []string{t.ServiceARN}
}

// book returns a service's book; mu is held.
func (s *services) book(arn string) *book {
	b := s.books[arn]
	if b == nil {
		b = &book{dirty: map[string]bool{}, stale: true}
		s.books[arn] = b
	}
	return b
}

// mark notes that tasks of a service changed.
func (s *services) mark(arn string, tasks ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.book(arn)
	for _, task := range tasks {
		b.dirty[task] = true
	}
}

// reconcile plans and carries out until there is nothing to do. A service that
// doesn't come to that, by a fault of ours, doesn't keep the machine busy.
func (s *services) reconcile(ctx context.Context, arn string) (reconcile.Result, error) {
	for range mostPlans {
		v, ok := s.refresh(arn)
		if !ok {
			return reconcile.Result{}, nil
		}
		if v.status.Forgotten(v.now) {
			return reconcile.Result{}, s.forget(ctx, v.service)
		}
		p := planService(v)
		if p.empty() {
			return reconcile.Result{After: p.after}, nil
		}
		if err := s.carryOut(ctx, v, p); err != nil && !errors.Is(err, errChanged) {
			return reconcile.Result{}, err
		}
	}
	s.log.Error("service doesn't come to rest", "service", arn)
	return reconcile.Result{After: time.Second}, nil
}

// refresh brings a service's ledger up to date; false when the service is gone.
// What is marked is taken before the snapshot, which therefore shows it.
func (s *services) refresh(arn string) (serviceView, bool) {
	s.mu.Lock()
	b := s.book(arn)
	dirty, stale := b.dirty, b.stale
	b.dirty, b.stale = map[string]bool{}, false
	s.mu.Unlock()
	snap, now := s.store.Snapshot(), s.clock.Now()
	svc, ok := ecs.Services.Get(snap, arn)
	if !ok {
		s.mu.Lock()
		delete(s.books, arn)
		s.mu.Unlock()
		return serviceView{}, false
	}
	if b.ledger == nil || b.ledger.id != svc.ID {
		b.ledger, stale = newLedger(svc.ID), true
		b.ledger.made = now
	}
	l := b.ledger
	if asked := termsOf(svc); l.terms != asked {
		l.terms, stale = asked, true
	}
	if stale {
		for t := range ecs.TasksOfService(snap, arn) {
			dirty[t.ARN] = true
		}
	}
	for _, task := range l.elapsed(now) {
		dirty[task] = true
	}
	for _, task := range slices.Sorted(maps.Keys(dirty)) {
		s.look(snap, svc, l, task, now)
	}
	return s.viewService(snap, svc, l, now), true
}

// look puts what a task means now into the ledger.
func (s *services) look(r store.Reader, svc *ecs.Service, l *ledger, arn string, now time.Time) {
	t, ok := ecs.Tasks.Get(r, arn)
	if !ok || t.CreatedAt.Before(svc.CreatedAt) { // of an earlier service of the name
		l.drop(arn)
		return
	}
	u := unitOf(r, svc, t, now, l.wasUp(arn))
	if u.class >= ending && ecs.StatusOf(r, t).StoppingAt.Before(l.made) {
		u.failed = false
	}
	l.put(&u, now)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, target := range targetsOf(r, t, ecs.StatusOf(r, t)) {
		key := elbv2.TargetKey(target.group, target.target)
		if u.class == gone && s.targets[key] == arn {
			delete(s.targets, key)
		} else if u.class != gone {
			s.targets[key] = arn
		}
	}
}

// forget deletes a service that has been INACTIVE for long.
func (s *services) forget(ctx context.Context, svc *ecs.Service) error {
	return s.store.Update(ctx, func(tx *store.Txn) error {
		if now := ecs.SameService(tx, svc); now != nil && strings.EqualFold(now.ARN, svc.ARN) {
			ecs.ForgetService(tx, now)
		}
		return nil
	})
}

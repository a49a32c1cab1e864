package balance

import (
	"sync/atomic"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// Target is one target of a group as the balancer sees it. It lives as long as
// configurations name it.
type Target struct {
	Ref  proxy.TargetRef
	Zone string // empty when unknown

	outstanding atomic.Int64
	healthy     atomic.Bool
	warmFrom    atomic.Int64 // monotonic nanoseconds when slow start began
	idle        atomic.Pointer[func()]
}

// NewTarget returns a target that hasn't been checked yet.
func NewTarget(ref proxy.TargetRef, zone string) *Target { return &Target{Ref: ref, Zone: zone} }

// Begin counts a request (or a connection) that is given to the target.
func (t *Target) Begin() { t.outstanding.Add(1) }

// End counts its end.
func (t *Target) End() {
	if t.outstanding.Add(-1) == 0 {
		if f := t.idle.Load(); f != nil {
			(*f)()
		}
	}
}

// Outstanding is how many requests the target is serving.
func (t *Target) Outstanding() int64 { return t.outstanding.Load() }

// OnIdle has f called whenever the last outstanding request ends; nil for no
// more. f must not block.
func (t *Target) OnIdle(f func()) {
	if f == nil {
		t.idle.Store(nil)
		return
	}
	t.idle.Store(&f)
}

// Healthy says what SetHealthy was last told.
func (t *Target) Healthy() bool { return t.healthy.Load() }

// SetHealthy notes the target's health; slow start begins when it turns good.
func (t *Target) SetHealthy(healthy bool, now time.Duration) {
	if t.healthy.Swap(healthy) != healthy && healthy {
		t.warmFrom.Store(int64(now))
	}
}

package metric

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Sink takes what was measured. It never blocks and never fails: a number that
// can't be kept is lost, as a packet of statistics is.
type Sink interface {
	Record(data ...Datum)
}

// Source gives what was measured, for the metrics service to read.
type Source interface {
	// Since returns the data of every minute that ended up changed after the
	// mark, in order of minute and identity, and the mark for the next call.
	// A mark of 0 asks for all that is kept.
	Since(mark uint64) ([]Datum, uint64)
}

// Recent is a Sink that keeps the latest minutes in memory. Its zero value is
// not usable; NewRecent makes one.
type Recent struct {
	keep time.Duration

	mu      sync.Mutex
	mark    uint64
	newest  time.Time
	minutes map[time.Time]map[string]*entry
}

type entry struct {
	datum Datum
	mark  uint64
}

// NewRecent keeps minutes that began within the given time before the newest one.
func NewRecent(keep time.Duration) *Recent {
	return &Recent{keep: keep, minutes: map[time.Time]map[string]*entry{}}
}

// Record implements Sink: data of the same metric and minute are summed up.
func (r *Recent) Record(data ...Datum) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mark++
	for _, d := range data {
		d.At = d.At.UTC().Truncate(time.Minute)
		if d.At.Before(r.newest.Add(-r.keep)) {
			continue
		}
		if d.At.After(r.newest) {
			r.newest = d.At
			r.expire()
		}
		minute := r.minutes[d.At]
		if minute == nil {
			minute = map[string]*entry{}
			r.minutes[d.At] = minute
		}
		if have, ok := minute[d.ID.key()]; ok {
			have.datum, have.mark = have.datum.merge(d), r.mark
		} else {
			minute[d.ID.key()] = &entry{datum: d, mark: r.mark}
		}
	}
}

// expire forgets minutes that are too old.
func (r *Recent) expire() {
	for at := range r.minutes {
		if at.Before(r.newest.Add(-r.keep)) {
			delete(r.minutes, at)
		}
	}
}

// Since implements Source.
func (r *Recent) Since(mark uint64) ([]Datum, uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Datum
	for _, minute := range r.minutes {
		for _, e := range minute {
			if e.mark > mark {
				d := e.datum
				d.Distribution = slices.Clone(d.Distribution)
				out = append(out, d)
			}
		}
	}
	slices.SortFunc(out, func(a, b Datum) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID.key(), b.ID.key()))
	})
	return out, r.mark
}

package reconcile

// Stats are a loop's counters since its start, for health and metrics.
type Stats struct {
	// Name is the loop's name.
	Name string
	// Runs counts calls of the function; Errors those that failed, Panics those
	// of them that panicked, and Retries those that followed a failure.
	Runs, Errors, Panics, Retries uint64
	// Queue is how many keys wait for a worker, Running how many run.
	Queue, Running int
	// Failing is how many keys failed in their last run.
	Failing int
	// LastError is the newest error, with its key; empty if there never was one.
	LastError string
}

// Stats returns the counters as they are now.
func (l *Loop) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.stats
	s.Name, s.Queue = l.opts.Name, len(l.ready)
	for _, it := range l.items {
		if it.failures > 0 {
			s.Failing++
		}
	}
	return s
}

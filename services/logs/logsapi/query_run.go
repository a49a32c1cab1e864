package logsapi

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/services/logs/insights"
)

const (
	// queriesAtOnce run, the others of maxQueries wait.
	queriesAtOnce = 2
	maxQueries    = 100
	// queryPatience is how long a query may run (API Reference, "StartQuery").
	queryPatience = 60 * time.Minute
	// queriesKept and queryAge bound how many queries are remembered, and for
	// how long; resultsKept about how many bytes their rows may take up together.
	queriesKept = 1000
	queryAge    = 24 * time.Hour
	resultsKept = 256 << 20
	// fieldOverhead is what a field takes up beside its text.
	fieldOverhead = 32
)

// The states of a query (API Reference, "QueryInfo").
const (
	queryScheduled = "Scheduled"
	queryRunning   = "Running"
	queryComplete  = "Complete"
	queryFailed    = "Failed"
	queryCancelled = "Cancelled"
	queryTimeout   = "Timeout"
)

// query is a query that was started. What it found is guarded by queries.mu.
type query struct {
	id, text  string
	caller    aws.Caller
	groups    []string
	createdAt time.Time
	cancel    context.CancelFunc

	status    string
	startedAt time.Time
	duration  time.Duration
	progress
	rows [][]insights.Field
	size int
}

// progress is how much a query has read.
type progress struct{ scanned, matched, bytes int64 }

func (q *query) ended() bool { return q.status != queryScheduled && q.status != queryRunning }

// queries are those of all accounts, the oldest first. They live in memory:
// with the server they are gone.
type queries struct {
	mu      sync.Mutex
	all     []*query
	slots   chan struct{}
	running sync.WaitGroup
	closed  bool
}

// Close stops all queries and waits until none reads events any more.
func (h *Handlers) Close() {
	s := &h.queries
	s.mu.Lock()
	s.closed = true
	for _, q := range s.all {
		q.cancel()
	}
	s.mu.Unlock()
	s.running.Wait()
}

// start adds a query and has it run in the background.
func (h *Handlers) start(q *query, scan func(ctx context.Context, q *query) ([][]insights.Field, error)) error {
	s := &h.queries
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return aws.Errorf("ServiceUnavailableException", "The service cannot complete the request.")
	}
	s.forget(q.createdAt)
	active := 0
	for _, other := range s.all {
		if !other.ended() && other.caller.Scope() == q.caller.Scope() {
			active++
		}
	}
	if active >= maxQueries {
		return logs.LimitExceeded("Account maximum query concurrency limit of [%d] reached.", maxQueries)
	}
	if s.slots == nil {
		s.slots = make(chan struct{}, queriesAtOnce)
	}
	ctx, cancel := context.WithTimeout(context.Background(), queryPatience)
	q.status, q.cancel = queryScheduled, cancel
	s.all = append(s.all, q)
	s.running.Go(func() {
		defer cancel()
		h.await(ctx, q, scan)
	})
	return nil
}

// await runs a query once it is its turn.
func (h *Handlers) await(ctx context.Context, q *query, scan func(ctx context.Context, q *query) ([][]insights.Field, error)) {
	s := &h.queries
	var rows [][]insights.Field
	var err error
	select {
	case <-ctx.Done():
		err = ctx.Err()
	case s.slots <- struct{}{}:
		s.change(func() {
			if q.status == queryScheduled {
				q.status, q.startedAt = queryRunning, h.Clock.Now()
			}
		})
		rows, err = scan(ctx, q)
		<-s.slots
	}
	now := h.Clock.Now()
	s.change(func() {
		if !q.startedAt.IsZero() {
			q.duration = now.Sub(q.startedAt)
		}
		if q.ended() { // stopped meanwhile
			return
		}
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			q.status = queryTimeout
		case errors.Is(err, context.Canceled):
			q.status = queryCancelled
		case err != nil:
			q.status = queryFailed
		default:
			q.status, q.rows = queryComplete, rows
			q.size = sizeOf(rows)
		}
		s.forget(now)
	})
}

func (s *queries) change(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
}

// forget drops ended queries that are too old, or too many, the oldest first.
func (s *queries) forget(now time.Time) {
	size := 0
	for _, q := range s.all {
		size += q.size
	}
	excess := len(s.all) - queriesKept
	last := len(s.all) - 1
	i := -1
	s.all = slices.DeleteFunc(s.all, func(q *query) bool {
		i++
		if i == last || !q.ended() || excess <= 0 && size <= resultsKept && now.Sub(q.createdAt) <= queryAge {
			return false
		}
		excess--
		size -= q.size
		return true
	})
}

func sizeOf(rows [][]insights.Field) int {
	size := 0
	for _, row := range rows {
		for _, f := range row {
			size += len(f.Value) + fieldOverhead
		}
	}
	return size
}

// find returns a query of the caller's account and region; the lock is held.
func (s *queries) find(scope aws.Scope, id string) (*query, error) {
	for _, q := range s.all {
		if q.id == id && q.caller.Scope() == scope {
			return q, nil
		}
	}
	return nil, aws.Errorf("ResourceNotFoundException", "The specified query does not exist.")
}

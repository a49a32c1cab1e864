package logs

import (
	"slices"
	"time"
)

// retentions are the days that a policy may name (API Reference, "PutRetentionPolicy").
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

const day = 24 * time.Hour

// CheckRetention refuses days that no policy may name.
func CheckRetention(days int) error {
	if !slices.Contains(retentions, days) {
		return InvalidParameter("1 validation error detected: Value '%d' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: %v", days, retentions)
	}
	return nil
}

// Horizon is the time, in milliseconds since 1970, before which a group's events
// have expired; 0 if they are kept for ever.
func (g *Group) Horizon(now time.Time) int64 {
	if g.RetentionDays == 0 {
		return 0
	}
	return now.Add(-time.Duration(g.RetentionDays) * day).UnixMilli()
}

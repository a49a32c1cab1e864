package proxy

import "time"

// Minute is what one load balancer did in one minute and zone, for one target
// group or, with an empty Group, as a whole. Counts are CloudWatch metrics by
// AWS's names (RequestCount, HTTPCode_Target_2XX_Count, NewConnectionCount,
// NewFlowCount …); Times are distributions in seconds (TargetResponseTime).
type Minute struct {
	// Number grows with every Minute, also from one proxy process to the next.
	Number       uint64
	Start        time.Time
	LoadBalancer string
	Zone         string // of the node that was asked; of the targets for their health
	Group        string
	Counts       map[string]float64
	Times        map[string]Distribution
}

// Distribution sums up samples. Bins tell them apart, in order: each stands for
// the samples near its value.
type Distribution struct {
	Count, Sum, Min, Max float64
	Bins                 []Bin
}

// Bin is a value and how many samples are near it.
type Bin struct{ Value, Count float64 }

package logsapi

import (
	"math"
	"testing"
	"time"

	"kaimon.dev/kaimon/internal/logline"
)

// BenchmarkSearch looks for patterns that nothing matches in a stream of 200 MB.
func BenchmarkSearch(b *testing.B) {
	engine, raw := fill(b, accessLine)
	for _, text := range []string{`"panic: kaimon"`, `needle -curl`, `%needle\d%`} {
		b.Run(text, func(b *testing.B) {
			p, err := compile(text)
			if err != nil {
				b.Fatal(err)
			}
			s := &eventSearch{engine: engine, match: p, streams: []logline.Stream{{Group: 1, ID: 1}},
				within: logline.Range{To: math.MaxInt64}, limit: 1, now: time.UnixMilli(math.MaxInt64)}
			b.SetBytes(raw)
			for b.Loop() {
				if _, err := s.run(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package logsapi

import (
	"fmt"
	"math"
	"testing"

	"kaimon.dev/kaimon/dataplane/logstore"
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/services/logs/insights"
)

// benchLines is how many lines, of about 100 bytes, a benchmark's stream has.
const benchLines = 2_000_000

// BenchmarkQuery runs queries over a stream of 200 MB of access logs, and for
// comparison only reads it.
func BenchmarkQuery(b *testing.B) {
	for _, c := range []struct {
		name string
		line func(i int) []byte
		runs map[string]string
	}{
		{"text", accessLine, map[string]string{
			"literal": `filter @message like "needle"`,
			"regex":   `filter @message like /GET \/orders\/77\d+ HTTP.*" 200/`,
			"parse":   `parse @message '* - - [*] "* * *" * *' as ip, time, verb, path, version, status, size | stats sum(size) by status`,
			"count":   `stats count(*) by bin(1m)`,
			"newest":  `fields @timestamp, @message`,
		}},
		{"json", jsonLine, map[string]string{
			"filter": `filter status = 503 | fields path`,
			"stats":  `stats avg(ms), pct(ms, 99) by path`,
		}},
	} {
		engine, raw := fill(b, c.line)
		b.Run(c.name+"/read", func(b *testing.B) {
			b.SetBytes(raw)
			for b.Loop() {
				err := engine.ReadStream(b.Context(), logline.Stream{Group: 1, ID: 1}, logline.Range{To: math.MaxInt64}, false,
					func(logline.Event) bool { return true })
				if err != nil {
					b.Fatal(err)
				}
			}
		})
		for name, text := range c.runs {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				b.SetBytes(raw)
				b.ReportAllocs()
				for b.Loop() {
					q, err := insights.Compile(text, insights.Options{})
					if err != nil {
						b.Fatal(err)
					}
					s := &search{query: q, engine: engine, stretches: []stretch{{
						stream: logline.Stream{Group: 1, ID: 1}, source: &insights.Source{LogStream: "s", Log: "0:g"},
						within: logline.Range{To: math.MaxInt64},
					}}}
					if _, err := s.run(b.Context(), func(progress) {}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// fill makes a store with one stream on disk, and returns the size of its lines.
func fill(b *testing.B, line func(i int) []byte) (engine *logstore.Store, raw int64) {
	b.Helper()
	engine, err := logstore.Open(logstore.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { engine.Close() })
	const batch = 10000
	events := make([]logline.Event, batch)
	for from := 0; from < benchLines; from += batch {
		for i := range events {
			at := 1_790_000_000_000 + int64(from+i)*3
			events[i] = logline.Event{Time: at, Ingested: at, Message: line(from + i)}
			raw += int64(len(events[i].Message))
		}
		if err := engine.Append(logline.Stream{Group: 1, ID: 1}, events, logline.Mark{}); err != nil {
			b.Fatal(err)
		}
	}
	return engine, raw
}

func accessLine(i int) []byte {
	return fmt.Appendf(nil, `10.0.%d.%d - - [20/Nov/2026:22:00:%02d +0000] "GET /orders/%d HTTP/1.1" %d %d "-" "curl/8.5"`,
		i%7, i%251, i%60, i*7919%100000, 200+i%3*100, i*31%5000)
}

func jsonLine(i int) []byte {
	return fmt.Appendf(nil, `{"time":"2026-11-20T22:00:%02d","level":"info","path":"/orders/%d","status":%d,"ms":%d.%d,"user":{"id":%d}}`,
		i%60, i%50, 200+i%4*101, i*31%5000, i%10, i*7919%100000)
}

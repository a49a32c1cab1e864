package logstore

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"testing"

	"kaimon.dev/kaimon/internal/logline"
)

// lines is a batch of n access log lines of about 100 bytes.
func lines(n int, from int64) []logline.Event {
	out := make([]logline.Event, n)
	for i := range out {
		at := from + int64(i)/100
		out[i] = logline.Event{Time: at, Ingested: at, Message: fmt.Appendf(nil,
			`10.0.%d.%d - - [20/Nov/2026:22:00:%02d +0000] "GET /orders/%d HTTP/1.1" 200 %d "-" "curl/8.5"`,
			i%7, i%251, i%60, i*7919%100000, i*31%5000)}
	}
	return out
}

func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{1, 100, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := open(b, b.TempDir())
			defer s.Close()
			batch := lines(n, 1)
			size := 0
			for _, e := range batch {
				size += len(e.Message)
			}
			b.SetBytes(int64(size))
			for i := 0; b.Loop(); i++ {
				if err := s.Append(logline.Stream{Group: 1, ID: uint64(i % 4)}, batch, logline.Mark{Source: "x", Position: 1}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}

// BenchmarkScan looks for a rare word in 100 MB of lines.
func BenchmarkScan(b *testing.B) {
	s := open(b, b.TempDir())
	defer s.Close()
	stream := logline.Stream{Group: 1, ID: 1}
	raw := int64(0)
	for i := range 100 {
		batch := lines(10000, int64(i)*1000)
		for _, e := range batch {
			raw += int64(len(e.Message))
		}
		if err := s.Append(stream, batch, logline.Mark{}); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.db.Compact(context.Background(), []byte{0}, []byte{0xff}, true); err != nil {
		b.Fatal(err)
	}
	disk, err := s.Size(1)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(raw)
	rare := []byte("needle")
	for b.Loop() {
		err := s.ReadStream(context.Background(), stream, logline.Range{To: math.MaxInt64}, false, func(e logline.Event) bool {
			return !bytes.Contains(e.Message, rare)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(disk)/float64(raw), "disk/raw")
}

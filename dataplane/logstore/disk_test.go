package logstore

import (
	"context"
	"fmt"
	"math/rand"
	"testing"

	"kaimon.dev/kaimon/internal/logline"
)

// accessLine is a line of an access log of a shop, about 175 bytes.
func accessLine(r *rand.Rand, at int64) []byte {
	agents := []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15", "curl/8.5", "Go-http-client/1.1",
	}
	paths := []string{"/api/orders/", "/static/js/app.", "/users/", "/cart/items/", "/search?q="}
	status := []int{200, 200, 200, 304, 404}
	return fmt.Appendf(nil, `%d.%d.%d.%d - - [20/Nov/2026:22:%02d:%02d +0000] "GET %s%x HTTP/1.1" %d %d "https://shop.example.com/p/%d" "%s"`,
		r.Intn(223), r.Intn(256), r.Intn(256), r.Intn(256), at/60000%60, at/1000%60,
		paths[r.Intn(len(paths))], r.Int31(), status[r.Intn(len(status))], r.Intn(50000), r.Intn(9999), agents[r.Intn(len(agents))])
}

// TestDiskUse holds that access logs take less than 0.3 of their size.
func TestDiskUse(t *testing.T) {
	s := open(t, t.TempDir())
	defer s.Close()
	r := rand.New(rand.NewSource(1))
	raw := 0
	for batch := range int64(10) {
		var events []logline.Event
		for i := range int64(6000) {
			at := batch*1000 + i/6
			events = append(events, logline.Event{Time: at, Ingested: at + 3, Message: accessLine(r, at)})
			raw += len(events[i].Message)
		}
		if err := s.Append(logline.Stream{Group: 1, ID: 1}, events, logline.Mark{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.db.Compact(context.Background(), []byte{0}, []byte{0xff}, true); err != nil {
		t.Fatal(err)
	}
	disk, err := s.Size(1)
	if err != nil {
		t.Fatal(err)
	}
	if ratio := float64(disk) / float64(raw); ratio > 0.3 || ratio < 0.05 {
		t.Errorf("%d bytes take %d on disk, %.2f", raw, disk, ratio)
	}
}

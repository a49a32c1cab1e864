package logsapi

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws/wire"
)

// batch is the body of a PutLogEvents of 1 MiB of access log lines.
func batch(at int64) ([]byte, int) {
	var b strings.Builder
	b.WriteString(`{"logGroupName":"g","logStreamName":"s","logEvents":[`)
	size := 0
	for i := 0; size+150 < 1<<20-26*9000 && i < 9000; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		line := fmt.Sprintf(`10.0.%d.%d - - [20/Nov/2026:22:00:%02d +0000] \"GET /orders/%d HTTP/1.1\" 200 %d \"-\" \"curl/8.5\"`,
			i%7, i%251, i%60, i*7919%100000, i*31%5000)
		size += len(line) - 6
		fmt.Fprintf(&b, `{"timestamp":%d,"message":"%s"}`, at+int64(i/100), line)
	}
	b.WriteString(`]}`)
	return []byte(b.String()), size
}

// BenchmarkPutLogEvents takes batches of a megabyte, from the body on.
func BenchmarkDecodePut(b *testing.B) {
	s := Bind(&Handlers{})
	op, _ := s.Operation("PutLogEvents")
	codec, _ := wire.CodecOf(wire.JSON11)
	body, size := batch(1)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		in, err := codec.Decode(s, op, &http.Request{}, body)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Validate(op, in); err != nil {
			b.Fatal(err)
		}
	}
}

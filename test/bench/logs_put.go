package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"golang.org/x/sync/errgroup"

	"kaimon.dev/kaimon/test/live"
)

const (
	// putStreams clients put at the same time, each into a stream of its own.
	putStreams = 4
	// putBytes is the size of all lines.
	putBytes = 1 << 30
	// putLimit and putOverhead are PutLogEvents' own bounds of a batch.
	putLimit, putOverhead = 1 << 20, 26
	// lineEvery is the time between the lines of a stream.
	lineEvery = 2 * time.Millisecond
)

// needle is the rare word: a line in every needleEvery has it.
const (
	needle      = "panic: kaimon"
	needleEvery = 1_000_000
)

// accessLine is a line of an access log of a shop, about 175 bytes.
func accessLine(r *rand.Rand, at time.Time) string {
	agents := []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15", "curl/8.5", "Go-http-client/1.1",
	}
	paths := []string{"/api/orders/", "/static/js/app.", "/users/", "/cart/items/", "/search?q="}
	status := []int{200, 200, 200, 304, 404}
	return fmt.Sprintf(`%d.%d.%d.%d - - [%s] "GET %s%x HTTP/1.1" %d %d "https://shop.example.com/p/%d" "%s"`,
		r.IntN(223), r.IntN(256), r.IntN(256), r.IntN(256), at.Format("02/Jan/2006:15:04:05 -0700"),
		paths[r.IntN(len(paths))], r.Uint32(), status[r.IntN(len(status))], r.IntN(50000), r.IntN(9999), agents[r.IntN(len(agents))])
}

// putRequest is a signed PutLogEvents, ready to be sent.
type putRequest struct{ head, body []byte }

// putLoad is what one client sends.
type putLoad struct {
	stream   string
	requests []putRequest
	// raw is the size of its lines, needles how many have the rare word.
	raw, needles int
}

// newPutLoad makes a client's requests, and writes its lines to raw, as a file
// would have them.
func newPutLoad(ctx context.Context, a live.Access, stream string, seed uint64, from time.Time, raw io.Writer) (*putLoad, error) {
	l, r, at := &putLoad{stream: stream}, rand.New(rand.NewPCG(seed, 0)), from
	for lines := 0; l.raw < putBytes/putStreams; {
		var body bytes.Buffer
		fmt.Fprintf(&body, `{"logGroupName":%q,"logStreamName":%q,"logEvents":[`, putGroup, stream)
		for n, size := 0, 0; n < 10000; n++ {
			line := accessLine(r, at)
			if lines%needleEvery == needleEvery/2 {
				line += " " + needle
				l.needles++
			}
			if size += len(line) + putOverhead; size > putLimit {
				break
			}
			if n > 0 {
				body.WriteByte(',')
			}
			text, err := json.Marshal(line)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&body, `{"timestamp":%d,"message":%s}`, at.UnixMilli(), text)
			if _, err := fmt.Fprintln(raw, line); err != nil {
				return nil, err
			}
			l.raw, lines, at = l.raw+len(line), lines+1, at.Add(lineEvery)
		}
		body.WriteString("]}")
		request, err := signPut(ctx, a, body.Bytes())
		if err != nil {
			return nil, err
		}
		l.requests = append(l.requests, request)
	}
	return l, nil
}

// signPut signs a request, for a quarter of an hour.
func signPut(ctx context.Context, a live.Access, body []byte) (putRequest, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.Endpoint+"/", bytes.NewReader(body))
	if err != nil {
		return putRequest{}, err
	}
	r.Header.Set("X-Amz-Target", "Logs_20140328.PutLogEvents")
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	sum := sha256.Sum256(body)
	key := aws.Credentials{AccessKeyID: a.AccessKeyID, SecretAccessKey: a.SecretAccessKey}
	if err := v4.NewSigner().SignHTTP(ctx, key, r, hex.EncodeToString(sum[:]), "logs", live.Region, time.Now()); err != nil {
		return putRequest{}, err
	}
	var head strings.Builder
	fmt.Fprintf(&head, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", r.URL.Host, len(body))
	if err := r.Header.Write(&head); err != nil {
		return putRequest{}, err
	}
	return putRequest{[]byte(head.String() + "\r\n"), body}, nil
}

// send sends every request over one connection, one after the other.
func (l *putLoad) send(ctx context.Context, address string) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	answers := bufio.NewReader(c)
	for _, r := range l.requests {
		if _, err := (&net.Buffers{r.head, r.body}).WriteTo(c); err != nil {
			return err
		}
		resp, err := http.ReadResponse(answers, nil)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		if resp.StatusCode != http.StatusOK || bytes.Contains(text, []byte("rejected")) {
			return fmt.Errorf("%s: %s", resp.Status, text)
		}
	}
	return nil
}

// sendAll sends every client's requests at the same time.
func sendAll(ctx context.Context, address string, loads []*putLoad) (time.Duration, error) {
	var g errgroup.Group
	begun := time.Now()
	for _, l := range loads {
		g.Go(func() error { return l.send(ctx, address) })
	}
	err := g.Wait()
	return time.Since(begun), err
}

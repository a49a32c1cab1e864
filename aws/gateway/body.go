package gateway

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/clock"
)

// setAside is how much memory a body gets for its announced length alone.
const setAside = 2 << 20

// readBody reads a request's body as it was sent, within the limits of size and
// time. Its errors are *aws.Error.
func (g *Gateway) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	setDeadlines(w, clock.System{}.Now().Add(g.opts.BodyTimeout), time.Time{}) // the connection knows only the real clock
	if r.ContentLength > g.opts.MaxBody {
		w.Header().Set("Connection", "close")
		return nil, tooLarge()
	}
	var body bytes.Buffer
	body.Grow(int(min(max(r.ContentLength, 0), setAside)) + bytes.MinRead)
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, g.opts.MaxBody))
	if err == nil {
		setDeadlines(w, time.Time{}, time.Time{})
		return body.Bytes(), nil
	}
	w.Header().Set("Connection", "close") // the deadline stays: net/http reads on before it closes
	var large *http.MaxBytesError
	var slow net.Error
	switch {
	case errors.As(err, &large):
		return nil, tooLarge()
	case errors.As(err, &slow) && slow.Timeout():
		return nil, &aws.Error{Code: "RequestTimeout", Status: http.StatusRequestTimeout, Message: "Your socket connection to the server " +
			"was not read from or written to within the timeout period. Idle connections will be closed."}
	}
	return nil, aws.Errorf("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header.")
}

// decompress undoes a gzip Content-Encoding. What it gives is as limited as what
// was sent: a small body may unpack to a very large one.
func (g *Gateway) decompress(h http.Header, body []byte) ([]byte, error) {
	codings := contentCodings(h)
	switch {
	case len(codings) == 0:
		return body, nil
	case !slices.Equal(codings, []string{"gzip"}):
		return nil, &aws.Error{Code: "UnsupportedMediaType", Status: http.StatusUnsupportedMediaType,
			Message: "The Content-Encoding is not supported."}
	}
	bad := aws.Errorf("SerializationException", "The request body is not valid gzip.")
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, bad
	}
	out, err := io.ReadAll(io.LimitReader(z, g.opts.MaxBody+1))
	if err != nil {
		return nil, bad
	}
	if int64(len(out)) > g.opts.MaxBody {
		return nil, tooLarge()
	}
	return out, nil
}

// contentCodings lists the codings that are left once signed chunks are undone.
func contentCodings(h http.Header) []string {
	var out []string
	for c := range strings.SplitSeq(strings.Join(h.Values("Content-Encoding"), ","), ",") {
		switch c = strings.ToLower(strings.TrimSpace(c)); c {
		case "", "identity", "aws-chunked":
		default:
			out = append(out, c)
		}
	}
	return out
}

func tooLarge() *aws.Error {
	return &aws.Error{Code: "RequestEntityTooLarge", Status: http.StatusRequestEntityTooLarge,
		Message: "The request body is larger than the service accepts."}
}

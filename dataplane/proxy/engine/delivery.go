package engine

import (
	"kaimon.dev/kaimon/dataplane/proxy/http1"
)

// sink takes an answer.
type sink interface {
	// head begins the answer. length is of the body: bytes, http1.Chunked
	// when it isn't known.
	head(a *answer)
	write(p []byte) error
	end(trailer []http1.Field) error
	http1.Flusher
}

// answer is the head of an answer to the client.
type answer struct {
	status  int
	phrase  string
	fields  []http1.Field
	length  int64 // of the body: bytes, or http1.Chunked when it isn't known
	elided  bool  // there is no body, whatever the fields say (HEAD, 304)
	noBody  bool  // the status has none, and no length either (204)
	close   bool
	upgrade string // 101: the protocol
}

// delivery is the sink of an HTTP/1.1 client.
type delivery struct {
	client  *client
	chunked bool
}

// head implements sink.
func (d *delivery) head(a *answer) {
	w := d.client.out
	w.Text("HTTP/1.1 ")
	w.Int(int64(a.status))
	w.Text(" ", a.phrase, "\r\n")
	for i := range a.fields {
		w.Field(a.fields[i].Name, a.fields[i].Value)
	}
	d.chunked = false
	switch {
	case a.upgrade != "":
		w.Text("Connection: upgrade\r\nUpgrade: ", a.upgrade, "\r\n\r\n")
		return
	case a.noBody, a.elided && a.length < 0:
	case a.length >= 0:
		w.Text("Content-Length: ")
		w.Int(a.length)
		w.Text("\r\n")
	case d.client.req.Minor == 1:
		w.Text("Transfer-Encoding: chunked\r\n")
		d.chunked = !a.elided
	default:
		d.client.exchange.close, a.close = true, true // the end of the connection is the body's
	}
	if a.close {
		w.Text("Connection: close\r\n\r\n")
	} else {
		w.Text("Connection: keep-alive\r\n\r\n")
	}
}

func (d *delivery) write(p []byte) error {
	if d.chunked {
		return http1.WriteChunk(d.client.out, p)
	}
	_, err := d.client.out.Write(p)
	return err
}

func (d *delivery) end(trailer []http1.Field) error {
	if d.chunked {
		http1.WriteLastChunk(d.client.out, trailer)
	}
	return d.client.out.Err()
}

// Flush implements http1.Flusher.
func (d *delivery) Flush() error { return d.client.out.Flush() }

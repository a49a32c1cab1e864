package http1

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestLookup(t *testing.T) {
	for name, want := range map[string]Known{
		"Host": Host, "hOST": Host, "content-length": ContentLength, "X-Amzn-Trace-Id": TraceID,
		"TE": TE, "te": TE, "Set-Cookie": SetCookie, "": Other, "Hos": Other, "Host ": Other,
		strings.Repeat("x", 100): Other,
	} {
		if got := Lookup(name); got != want {
			t.Errorf("%q: %d", name, got)
		}
	}
	for _, k := range []Known{Connection, KeepAlive, TransferEncoding, ContentLength, Upgrade, TE, Trailer} {
		if !k.HopByHop() {
			t.Error(k)
		}
	}
	for _, k := range []Known{Other, Host, Cookie, XForwardedFor, Server} {
		if k.HopByHop() {
			t.Error(k)
		}
	}
}

func TestHas(t *testing.T) {
	for _, c := range []struct {
		list, token string
		want        bool
	}{
		{"close", "close", true}, {"Close", "close", true}, {"keep-alive, close", "close", true},
		{" \tclose\t ,x", "close", true}, {"closed", "close", false}, {"", "close", false},
		{",,close", "close", true}, {"a close", "close", false}, {"x", "", false},
	} {
		if got := Has(c.list, c.token); got != c.want {
			t.Errorf("%q has %q: %v", c.list, c.token, got)
		}
	}
}

func TestPlain(t *testing.T) {
	for name, want := range map[string]bool{"A-b-1": true, "a_b": false, "a.b": false, "ä": false, "a b": false} {
		if Plain(name) != want {
			t.Error(name)
		}
	}
}

// TestResemblesFraming holds that no disguise of the two framing fields passes
// the parser, whatever is put between their letters.
func TestResemblesFraming(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"Content-Length", "Transfer-Encoding"}).Draw(t, "name")
		junk := rapid.SampledFrom([]string{"_", ".", "!", "\x0b", "\x7f", "\x80", "(", "/"}).Draw(t, "junk")
		at := rapid.IntRange(0, len(name)).Draw(t, "at")
		disguised := name[:at] + junk + name[at:]
		var r Request
		if err := r.Parse(post11(disguised + ": 5")); err == nil {
			t.Fatalf("%q was accepted", disguised)
		}
	})
}

// TestFieldsAreKept holds that fields come out as they went in.
func TestFieldsAreKept(t *testing.T) {
	name := rapid.StringMatching(`[A-Za-z][A-Za-z0-9-]{0,20}`).Filter(func(s string) bool { return Lookup(s) == Other })
	value := rapid.StringMatching(`[!-~]([ -~]{0,30}[!-~])?`)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 20).Draw(t, "n")
		var lines []string
		var names, values []string
		for range n {
			k, v := name.Draw(t, "name"), value.Draw(t, "value")
			names, values = append(names, k), append(values, v)
			pad := rapid.SampledFrom([]string{"", " ", "\t", "  \t "})
			lines = append(lines, k+":"+pad.Draw(t, "before")+v+pad.Draw(t, "after"))
		}
		var r Request
		if err := r.Parse(get11(lines...)); err != nil {
			t.Fatal(err)
		}
		if len(r.Fields) != n+1 || r.Grade != Compliant {
			t.Fatalf("%d fields, %s %s", len(r.Fields), r.Grade, r.Reason)
		}
		for i := range n {
			if f := r.Fields[i+1]; f.Name != names[i] || f.Value != values[i] {
				t.Fatalf("%q: %q became %q: %q", names[i], values[i], f.Name, f.Value)
			}
		}
	})
}

func TestWriter(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out)
	w.Text("a", "b")
	w.Int(-12)
	w.Hex(255)
	w.Field("N", "v")
	if out.Len() != 0 || string(w.Pending()) != "ab-12ffN: v\r\n" {
		t.Errorf("%q, %q pending", out.String(), w.Pending())
	}
	big := bytes.Repeat([]byte("x"), 3*bufferSize)
	if n, err := w.Write(big); n != len(big) || err != nil || out.Len() != len(big)+13 || len(w.Pending()) != 0 {
		t.Error(n, err, out.Len())
	}
	w.Text("dropped")
	w.Drop()
	if w.Flush(); out.Len() != len(big)+13 || w.Sent() != int64(out.Len()) {
		t.Error(out.Len())
	}
	w.Append(bytes.Repeat([]byte("y"), 20*bufferSize))
	w.Flush()
	if cap(w.buf) > bufferSize {
		t.Error("a buffer of record size is kept")
	}
}

// TestWriterStops holds that nothing follows a failed write: the other end
// would take it for something else.
func TestWriterStops(t *testing.T) {
	gone := errors.New("gone")
	calls := 0
	w := NewWriter(writerFunc(func([]byte) (int, error) { calls++; return 0, gone }))
	w.Text("x")
	if err := w.Flush(); err != gone {
		t.Error(err)
	}
	if _, err := w.Write(make([]byte, 3*bufferSize)); err != gone {
		t.Error(err)
	}
	if _, err := w.Write([]byte("y")); err != gone {
		t.Error(err)
	}
	if w.Flush(); calls != 1 || w.Err() != gone {
		t.Error(calls)
	}
}

func TestGradeWords(t *testing.T) {
	for g, want := range map[Grade]string{Compliant: "Compliant", Acceptable: "Acceptable", Ambiguous: "Ambiguous", Severe: "Severe"} {
		if g.String() != want {
			t.Error(g.String())
		}
	}
	if got := (&SyntaxError{Status: 400, Reason: BadURI}).Error(); got != "malformed message: BadUri" {
		t.Error(got)
	}
}

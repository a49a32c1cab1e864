package registry_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	"pgregory.net/rapid"
)

// TestUploadsHold pushes a blob at random by both ways, with chunks in the wrong
// place, restarts and lies between, and holds that an upload has what it was
// given in order, that only its true digest makes a blob of it, and that nothing
// is left of one that has ended.
func TestUploadsHold(t *testing.T) {
	w := newWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		path := w.begin()
		id := path[strings.LastIndexByte(path, '/')+1:]
		var have []byte
		ended := false
		part := rapid.SliceOfN(rapid.Byte(), 1, 50)
		progress := func() string { return fmt.Sprintf("0-%d", max(0, len(have)-1)) }
		rt.Repeat(map[string]func(*rapid.T){
			"patch": func(rt *rapid.T) {
				data := part.Draw(rt, "data")
				first := rapid.SampledFrom([]int{len(have), len(have), len(have) + 1, 0}).Draw(rt, "first")
				resp := w.do("PATCH", path, data, "Content-Range", fmt.Sprintf("%d-%d", first, first+len(data)-1))
				want := 202
				switch {
				case ended:
					want = 404
				case first != len(have):
					want = 416
				default:
					have = append(have, data...)
				}
				if resp.StatusCode != want || !ended && resp.Header.Get("Range") != progress() {
					rt.Fatalf("patch at %d of %d: %s, range %s", first, len(have), resp.Status, resp.Header.Get("Range"))
				}
			},
			"part": func(rt *rapid.T) {
				data := part.Draw(rt, "data")
				size, err := w.AppendPart(t.Context(), "app", id, int64(len(have)), data)
				if (err == nil) == ended {
					rt.Fatalf("part: %v", err)
				}
				if have = append(have, data...); !ended && size != int64(len(have)) {
					rt.Fatalf("%d bytes, want %d", size, len(have))
				}
			},
			"restart": func(*rapid.T) { w.reopen() },
			"status": func(rt *rapid.T) {
				resp := w.do("GET", path, nil)
				if ended && resp.StatusCode != 404 || !ended && (resp.StatusCode != 204 || resp.Header.Get("Range") != progress()) {
					rt.Fatalf("status: %s, range %s, want %s", resp.Status, resp.Header.Get("Range"), progress())
				}
			},
			"finish": func(rt *rapid.T) {
				d := digest.FromBytes(have)
				lies := rapid.Bool().Draw(rt, "lies")
				if lies {
					d = digest.FromString("lie")
				}
				resp := w.do("PUT", path+"?digest="+d.String(), nil)
				want := 201
				if ended {
					want = 404
				} else if lies {
					want = 400
				}
				if resp.StatusCode != want {
					rt.Fatalf("finish: %s, want %d", resp.Status, want)
				}
				ended = true
				if want == 201 {
					resp = w.do("GET", "/v2/app/blobs/"+d.String(), nil)
					var got bytes.Buffer
					if _, err := got.ReadFrom(resp.Body); err != nil || !bytes.Equal(got.Bytes(), have) {
						rt.Fatalf("the blob is another: %v", err)
					}
				}
			},
		})
		if !ended {
			w.do("DELETE", path, nil)
		}
		if found := w.files("ingest", "data"); len(found) != 0 {
			rt.Fatalf("left over: %v", found)
		}
	})
}

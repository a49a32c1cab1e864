package images

import (
	"archive/tar"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// entry draws an entry of a layer. Names are few, so that layers change what
// those below have, and a folder may be missing.
func entry(t *rapid.T) *tar.Header {
	name := rapid.SampledFrom([]string{"a", "b", "c", "a/x", "a/y", "a/x/1", "b/z", "b/z/2", "c/" + strings.Repeat("long", 40)}).Draw(t, "name")
	h := &tar.Header{
		Typeflag: rapid.SampledFrom([]byte{tar.TypeDir, tar.TypeDir, tar.TypeReg, tar.TypeReg, tar.TypeSymlink, tar.TypeLink, tar.TypeFifo, tar.TypeChar}).Draw(t, "kind"),
		Name:     name, Mode: int64(rapid.SampledFrom([]int{0o755, 0o600, 0o4711, 0o2750, 0o1777, 0}).Draw(t, "mode")),
		Uid: rapid.SampledFrom([]int{0, 7, 70_000}).Draw(t, "owner"), Gid: 8, ModTime: time.Unix(int64(rapid.IntRange(0, 1e9).Draw(t, "time")), 0),
	}
	switch h.Typeflag {
	case tar.TypeSymlink, tar.TypeLink:
		h.Linkname = rapid.SampledFrom([]string{"a", "b/z", "/a/x", "../..", "a/y"}).Draw(t, "to")
	case tar.TypeChar:
		h.Devmajor, h.Devminor = 1, int64(rapid.IntRange(1, 5).Draw(t, "device"))
	}
	if h.Typeflag == tar.TypeReg || h.Typeflag == tar.TypeDir {
		if rapid.Bool().Draw(t, "attribute") {
			h.PAXRecords = map[string]string{"SCHILY.xattr.user.a": rapid.SampledFrom([]string{"1", "2\x00"}).Draw(t, "value")}
		}
	}
	if h.Typeflag == tar.TypeReg {
		switch rapid.IntRange(0, 5).Draw(t, "mark") {
		case 0:
			i := strings.LastIndex(name, "/") + 1
			h.Name = name[:i] + ".wh." + name[i:]
		case 1:
			h.Name = name[:strings.LastIndex(name, "/")+1] + ".wh..wh..opq"
		}
	}
	return h
}

// TestStagedProperty holds that any layers come to the same, and fail the same,
// whether unpacked ahead or in their turn.
func TestStagedProperty(t *testing.T) {
	ahead, turn, a, b := both(t)
	rapid.Check(t, func(rt *rapid.T) {
		var layers []testLayer
		for range rapid.IntRange(1, 4).Draw(rt, "layers") {
			entries := rapid.SliceOfN(rapid.Custom(entry), 0, 6).Draw(rt, "entries")
			layers = append(layers, testLayer{archiveOf(t, entries...), rapid.SampledFrom([]string{plainLayer, gzipLayer, zstdLayer}).Draw(rt, "form")})
		}
		want, got := sendImage(t, b, goruntime.GOARCH, layers...), sendImage(t, a, goruntime.GOARCH, layers...)
		wantErr, gotErr := turn.Unpack(t.Context(), want), ahead.Unpack(t.Context(), got)
		if (wantErr == nil) != (gotErr == nil) {
			rt.Fatalf("ahead %v, in turn %v", gotErr, wantErr)
		}
		if wantErr != nil {
			return
		}
		if x, y := ahead.trees(got), turn.trees(want); !slices.Equal(x, y) {
			rt.Fatalf("ahead:\n%s\nin turn:\n%s", strings.Join(x, "\n"), strings.Join(y, "\n"))
		}
	})
}

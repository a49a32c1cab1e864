package images

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/continuity/sysx"
	"github.com/klauspost/compress/zstd"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// testLayer is an archive, and how it is sent.
type testLayer struct {
	tar       []byte
	mediaType string
}

const plainLayer, gzipLayer, zstdLayer = ocispec.MediaTypeImageLayer, ocispec.MediaTypeImageLayerGzip, ocispec.MediaTypeImageLayerZstd

// archiveOf writes an archive of entries; regular files hold their own names.
func archiveOf(t testing.TB, entries ...*tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, h := range entries {
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(h.Name))
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := io.WriteString(w, h.Name); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// blob is what is sent for the layer.
func (l testLayer) blob(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	switch l.mediaType {
	case gzipLayer:
		w = gzip.NewWriter(&out)
	case zstdLayer:
		var err error
		if w, err = zstd.NewWriter(&out); err != nil {
			t.Fatal(err)
		}
	default:
		return l.tar
	}
	if _, err := w.Write(l.tar); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// send uploads a blob, and has it unpacked while it comes.
func send(t testing.TB, c *RegistryContent, mediaType string, data []byte) ocispec.Descriptor {
	t.Helper()
	desc := ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(data), Size: int64(len(data))}
	if err := content.WriteBlob(t.Context(), c, "upload "+desc.Digest.String(), bytes.NewReader(data), desc); err != nil {
		t.Fatal(err)
	}
	return desc
}

func sendJSON(t testing.TB, c *RegistryContent, mediaType string, v any) ocispec.Descriptor {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return send(t, c, mediaType, raw)
}

// sendImage uploads an image of layers.
func sendImage(t testing.TB, c *RegistryContent, arch string, layers ...testLayer) ocispec.Descriptor {
	t.Helper()
	config := ocispec.Image{Platform: ocispec.Platform{OS: "linux", Architecture: arch}, RootFS: ocispec.RootFS{Type: "layers"}}
	manifest := ocispec.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest}
	for _, l := range layers {
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, digest.FromBytes(l.tar))
		manifest.Layers = append(manifest.Layers, send(t, c, l.mediaType, l.blob(t)))
	}
	manifest.Config = sendJSON(t, c, ocispec.MediaTypeImageConfig, config)
	return sendJSON(t, c, manifest.MediaType, manifest)
}

// trees are what each layer of an image is on disk, the uppermost first.
func (f *fixture) trees(target ocispec.Descriptor) []string {
	f.t.Helper()
	img, err := f.Image(f.t.Context(), target.Digest.String())
	if err != nil {
		f.t.Fatal(err)
	}
	var all []string
	for _, dir := range img.Lowers {
		all = append(all, tree(f.t, dir))
	}
	return all
}

// tree says all that there is to know about a folder. Links are told apart by the
// first name of the file, not by its number.
func tree(t testing.TB, root string) string {
	t.Helper()
	var out strings.Builder
	seen := map[uint64]string{}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, root)
		var st syscall.Stat_t
		if err := syscall.Lstat(path, &st); err != nil {
			return err
		}
		first, ok := seen[st.Ino]
		if !ok {
			first, seen[st.Ino] = name, name
		}
		fmt.Fprintf(&out, "%q = %q mode %o owner %d:%d device %d links %d", name, first, st.Mode, st.Uid, st.Gid, st.Rdev, st.Nlink)
		if name != "" && !unsetTime(&st) {
			fmt.Fprintf(&out, " time %d.%d", st.Mtim.Sec, st.Mtim.Nsec)
		}
		switch st.Mode & syscall.S_IFMT {
		case syscall.S_IFREG:
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&out, " data %q", data)
		case syscall.S_IFLNK:
			to, err := os.Readlink(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&out, " to %q", to)
		}
		names, err := sysx.LListxattr(path)
		if err != nil {
			return err
		}
		slices.Sort(names)
		for _, n := range names {
			value, err := sysx.LGetxattr(path, n)
			if err != nil {
				return err
			}
			fmt.Fprintf(&out, " %s=%q", n, value)
		}
		out.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// unsetTime says whether a time is not the archive's but of the unpacking: that of
// a mark for something hidden, and of a folder that the archive doesn't name.
func unsetTime(st *syscall.Stat_t) bool {
	return time.Since(time.Unix(st.Mtim.Unix())) < 24*time.Hour
}

// both are two stores: one unpacks layers as they come, and one in their turn.
func both(t *testing.T) (ahead, turn *fixture, a, b *RegistryContent) {
	t.Helper()
	ahead, turn = newFixture(t), newFixture(t)
	ahead.spare, turn.spare = 0, 1<<63
	ahead.bolt.NoSync, turn.bolt.NoSync = true, true // the disk's time is for others
	a, err := ahead.RegistryContent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if b, err = turn.RegistryContent(t.Context()); err != nil {
		t.Fatal(err)
	}
	return ahead, turn, a, b
}

func dir(name string, mode int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: mode, Uid: 3, Gid: 4, ModTime: time.Unix(1000, 0)}
}

func file(name string, mode int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Uid: 5, Gid: 6, ModTime: time.Unix(2000, 0)}
}

// TestStagedLayers unpacks layers ahead and in their turn: the same comes of it,
// and what can be unpacked ahead is.
func TestStagedLayers(t *testing.T) {
	ahead, turn, a, b := both(t)
	base := archiveOf(t, dir("etc", 0o750), dir("etc/deep", 0o700), file("etc/f", 0o600), file("etc/deep/g", 0o640))
	link := func(name, to string, kind byte) *tar.Header {
		return &tar.Header{Typeflag: kind, Name: name, Linkname: to, Mode: 0o777, ModTime: time.Unix(3000, 0)}
	}
	device := &tar.Header{Typeflag: tar.TypeChar, Name: "null", Mode: 0o666, Devmajor: 1, Devminor: 3, ModTime: time.Unix(1, 0)}
	attributes := file("etc/attributes", 0o644)
	attributes.PAXRecords = map[string]string{"SCHILY.xattr.user.color": "blue", "SCHILY.xattr.trusted.x": "y"}
	precise := file("precise", 0o644)
	precise.ModTime, precise.Format = time.Unix(1234, 567891234), tar.FormatPAX
	for i, tt := range []struct {
		name    string
		layer   []byte
		lowest  bool // there is none below
		refused error
		fails   bool
	}{
		{name: "files", layer: archiveOf(t, dir("etc", 0o755), file("etc/h", 0o4755), file("top", 0o6777))},
		{name: "whiteouts", layer: archiveOf(t, dir("etc", 0o755), file("etc/.wh.f", 0), file(".wh.gone", 0))},
		{name: "opaque", layer: archiveOf(t, dir("etc", 0o755), file("etc/.wh..wh..opq", 0), file("etc/new", 0o600))},
		{name: "hidden and made anew", layer: archiveOf(t, file(".wh.etc", 0), dir("etc", 0o711), file("etc/new", 0o600))},
		{name: "links", layer: archiveOf(t, file("one", 0o4711), link("two", "one", tar.TypeLink), link("sym", "/etc/f", tar.TypeSymlink))},
		{name: "through a link", layer: archiveOf(t, dir("usr", 0o755), link("bin", "usr", tar.TypeSymlink), file("bin/tool", 0o755))},
		{name: "special", layer: archiveOf(t, device, &tar.Header{Typeflag: tar.TypeFifo, Name: "pipe", Mode: 0o600, ModTime: time.Unix(1, 0)})},
		{name: "attributes", layer: archiveOf(t, dir("etc", 0o755), attributes, precise)},
		{name: "long names", layer: archiveOf(t, dir(strings.Repeat("l", 120), 0o755), file(strings.Repeat("l", 120)+"/"+strings.Repeat("n", 200), 0o644))},
		{name: "outside", layer: archiveOf(t, file("../../escaped", 0o644), link("up", "../../..", tar.TypeSymlink), file("up/there", 0o644))},
		{name: "no parent", layer: archiveOf(t, file("etc/deep/new", 0o644)), refused: errParent},
		{name: "no parent to hide in", layer: archiveOf(t, file("etc/.wh.f", 0)), refused: errParent},
		{name: "link below", layer: archiveOf(t, link("hard", "etc/f", tar.TypeLink)), refused: fs.ErrNotExist, fails: true},
		{name: "file as a folder", layer: archiveOf(t, file("x", 0o644), file("x/y", 0o644)), refused: syscall.ENOTDIR, fails: true},
		{name: "whiteouts in the lowest", layer: archiveOf(t, dir("etc", 0o755), file("etc/.wh.f", 0), file("etc/g", 0o644)), lowest: true},
		{name: "made and hidden", layer: archiveOf(t, file("f", 0o644), file(".wh.f", 0)), lowest: true, refused: fs.ErrExist},
		{name: "the empty one", layer: archiveOf(t), refused: errNoLayer},
	} {
		t.Run(tt.name, func(t *testing.T) {
			layers := []testLayer{{base, gzipLayer}, {tt.layer, []string{plainLayer, gzipLayer, zstdLayer}[i%3]}, {archiveOf(t, file(tt.name, 0o644)), plainLayer}}
			if tt.lowest {
				layers = layers[1:]
			}
			want := sendImage(t, b, goruntime.GOARCH, layers...)
			wantErr := turn.Unpack(t.Context(), want)
			got := sendImage(t, a, goruntime.GOARCH, layers...)
			ahead.stages.mu.Lock()
			g := ahead.stages.ready[digest.FromBytes(layers[len(layers)-2].blob(t))]
			ahead.stages.mu.Unlock()
			if g == nil {
				if tt.refused != errNoLayer {
					t.Error("the layer was not staged")
				}
			} else if <-g.done; !isOrNil(g.err, tt.refused) {
				t.Errorf("staged: %v, want %v", g.err, tt.refused)
			}
			if err := ahead.Unpack(t.Context(), got); (err != nil) != tt.fails || (wantErr != nil) != tt.fails {
				t.Fatalf("ahead %v, in turn %v", err, wantErr)
			}
			if tt.fails {
				return
			}
			if a, b := ahead.trees(got), turn.trees(want); !slices.Equal(a, b) {
				t.Errorf("ahead:\n%s\nin turn:\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
			}
		})
	}
	if n := len(ahead.stages.ready) + len(ahead.stages.coming); n > 1 { // a failed image's may be left
		t.Errorf("%d stages are left", n)
	}
}

func isOrNil(err, want error) bool {
	if want == nil {
		return err == nil
	}
	return errors.Is(err, want)
}

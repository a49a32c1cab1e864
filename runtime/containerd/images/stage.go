package images

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/archive"
	"github.com/containerd/containerd/v2/pkg/archive/compression"
	continuity "github.com/containerd/continuity/fs"
	"github.com/containerd/errdefs"
	"github.com/klauspost/compress/gzip"
	"github.com/opencontainers/go-digest"
	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/internal/clock"
)

const (
	// stageKey begins the names of the snapshots that layers are staged in.
	stageKey = "stage-"
	// chunkBytes and chunks bound how far a stage may be behind what comes: whoever
	// sends faster than that waits.
	chunkBytes, chunks = 256 << 10, 16
	// tarBlock is the size of a header of an archive, and of what a stage must see
	// to know one.
	tarBlock = 512
)

// Why a layer can't be staged; it is unpacked in its turn.
var (
	errNoLayer = errors.New("this is no layer")
	errParent  = errors.New("the layer writes into a folder that it doesn't name")
	errRoom    = errors.New("there is no room to spare")
)

// stage unpacks a layer while it comes, into a snapshot that has no parent yet.
// In the form that overlayfs wants, what a layer becomes doesn't depend on the
// layers below it, but for folders that it writes into without naming them,
// whose attributes are theirs.
type stage struct {
	key   string
	input chan []byte
	free  chan []byte
	rest  []byte // what of the last chunk is left, and the chunk
	last  []byte
	fed   atomic.Int64 // the time in ns at which bytes last came

	stop context.CancelFunc
	done chan struct{}

	// What came of it; to be read when it is done.
	err        error
	root       string // of the unpacked layer
	diffID     digest.Digest
	compressed bool
	whiteouts  bool
}

// feed hands over bytes, and waits while the stage is too far behind.
func (g *stage) feed(p []byte) {
	for len(p) > 0 {
		g.fed.Store(clock.System{}.Now().UnixNano())
		var chunk []byte
		select {
		case chunk = <-g.free:
		default:
			chunk = make([]byte, 0, chunkBytes)
		}
		n := min(len(p), chunkBytes)
		select {
		case g.input <- append(chunk[:0], p[:n]...):
		case <-g.done:
			return
		}
		p = p[n:]
	}
}

// end says that all has come.
func (g *stage) end() {
	close(g.input)
	<-g.done
	g.input, g.free, g.rest, g.last = nil, nil, nil, nil // a stage may wait for long
}

// abort throws the stage away.
func (g *stage) abort() {
	g.stop()
	<-g.done
}

// source is what a stage reads.
type source struct {
	*stage
	ctx context.Context
}

// Read implements io.Reader.
func (r source) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.last != nil {
			select {
			case r.free <- r.last:
			default:
			}
			r.last = nil
		}
		select {
		case chunk, ok := <-r.input:
			if !ok {
				return 0, io.EOF
			}
			r.rest, r.last = chunk, chunk
		case <-r.ctx.Done():
			return 0, r.ctx.Err()
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// unpack does the work of a stage; what it leaves is to be removed.
func (s *Store) unpackStage(ctx context.Context, g *stage) error {
	raw := bufio.NewReaderSize(source{g, ctx}, 64<<10)
	plain, err := g.decompress(raw)
	if err != nil {
		return err
	}
	defer plain.Close()
	in := bufio.NewReaderSize(&measured{Reader: plain, enough: s.room}, 64<<10)
	if head, err := in.Peek(tarBlock); err != nil || !isTar(head) {
		return errors.Join(errNoLayer, err)
	}
	mounts, err := s.layers.Prepare(s.stages.leased(ctx), g.key, "")
	if err != nil {
		return err
	}
	if len(mounts) != 1 || mounts[0].Type != "bind" {
		return fmt.Errorf("layers: cannot stage in %v", mounts)
	}
	g.root = mounts[0].Source
	diff := digest.Canonical.Digester()
	tee := io.TeeReader(in, diff.Hash())
	if _, err := archive.Apply(ctx, g.root, tee, archive.WithConvertWhiteout(archive.OverlayConvertWhiteout), archive.WithFilter(g.look())); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, tee); err != nil {
		return err
	}
	g.diffID = diff.Digest()
	return ctx.Err()
}

// decompress finds out how a layer is compressed.
func (g *stage) decompress(raw *bufio.Reader) (io.ReadCloser, error) {
	head, err := raw.Peek(8)
	if err != nil {
		return nil, err
	}
	switch compression.DetectCompression(head) {
	case compression.Uncompressed:
		return io.NopCloser(raw), nil
	case compression.Gzip:
		g.compressed = true
		return gzip.NewReader(raw)
	default:
		g.compressed = true
		return compression.DecompressStream(raw)
	}
}

// look sees each entry of a layer before it is written.
func (g *stage) look() archive.Filter {
	known := "" // a folder that is there
	return func(h *tar.Header) (bool, error) {
		dir, base := filepath.Split(h.Name)
		if strings.HasPrefix(base, whiteout) {
			g.whiteouts = true
		}
		if dir == known {
			return true, nil
		}
		path, err := continuity.RootPath(g.root, dir)
		if err != nil {
			return false, err
		}
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return false, fmt.Errorf("%w: %s", errParent, dir)
		}
		known = dir
		return true, nil
	}
}

// whiteout begins the names of entries that hide what lower layers have (OCI
// Image Layer Filesystem Changeset, "Whiteouts").
const whiteout = ".wh."

// isTar says whether a block is the header of an archive. The empty archive, and
// the format of before 1988, aren't known by theirs.
func isTar(head []byte) bool {
	return len(head) >= tarBlock && bytes.Equal(head[257:262], []byte("ustar"))
}

// looksLikeLayer says whether what begins like this may be a layer.
func looksLikeLayer(head []byte) bool {
	return compression.DetectCompression(head) != compression.Uncompressed || isTar(head)
}

// measured asks from time to time whether there is room for more.
type measured struct {
	io.Reader
	enough func() error
	left   int
}

// Read implements io.Reader.
func (m *measured) Read(p []byte) (int, error) {
	if m.left <= 0 {
		if err := m.enough(); err != nil {
			return 0, err
		}
		m.left = 16 << 20
	}
	n, err := m.Reader.Read(p)
	m.left -= n
	return n, err
}

// room says whether the disk has more than what a stage may not take.
func (s *Store) room() error {
	var st unix.Statfs_t
	if err := unix.Statfs(s.dir, &st); err != nil {
		return err
	}
	if st.Bavail*uint64(st.Bsize) < s.spare || st.Files > 0 && st.Ffree < spareFiles {
		return errRoom
	}
	return nil
}

// discard removes what a stage has unpacked, unless it has become the snapshot of
// a layer.
func (s *Store) discard(ctx context.Context, g *stage) {
	if g.root == "" {
		return
	}
	err := s.layers.Remove(s.stages.leased(context.WithoutCancel(ctx)), g.key)
	if errdefs.IsNotFound(err) {
		return
	}
	if err == nil {
		// The snapshotter frees disk no sooner than at the next collection.
		err = os.RemoveAll(g.root)
	}
	if err != nil {
		s.log.Warn("cannot remove a staged layer", "error", err)
	}
}

// commit makes a stage the snapshot of a layer.
func (s *Store) commit(ctx context.Context, g *stage, chain string, opts ...snapshots.Opt) error {
	if err := s.layers.Commit(ctx, chain, g.key, opts...); err != nil {
		return err
	}
	return s.stages.release(ctx, g.key)
}

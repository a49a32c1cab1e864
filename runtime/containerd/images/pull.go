package images

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/remotes"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/containerd/v2/core/unpack"
	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/runtime"
)

const (
	// importedLabel marks a name that came from an archive: it is never looked
	// up at a registry.
	importedLabel = "kaimon.dev/imported"
	// fromLabel begins the labels of what is here by digest, one for each
	// repository that it came from.
	fromLabel = "kaimon.dev/from/"
	// reserved names are ours and exist on this machine only.
	reserved = "docker.io/kaimon/"
)

// Ensure makes an image present and unpacked and returns its digest. A tag is
// looked up at its registry every time; content that is here is not fetched
// again. Calls for one reference share the work.
func (s *Store) Ensure(ctx context.Context, ref string, progress func(done, total int64)) (string, error) {
	name, err := reference.ParseDockerRef(ref)
	if err != nil {
		return "", &runtime.PullError{Ref: ref, Fault: runtime.PullInvalid, Err: err}
	}
	target, here, err := s.resolve(ctx, ref)
	digest := ""
	switch {
	case err != nil:
	case here:
		digest, err = s.present(ctx, target, progress)
	default:
		digest, err = s.flights.do(ctx, name.String(), progress, func(ctx context.Context, progress func(done, total int64)) (string, error) {
			return s.ensure(ctx, name, progress)
		})
	}
	if err != nil {
		return "", &runtime.PullError{Ref: ref, Fault: fault(err), Err: err}
	}
	s.want(digest)
	return digest, nil
}

func (s *Store) ensure(ctx context.Context, name reference.Named, progress func(done, total int64)) (string, error) {
	ctx = own(ctx)
	local, err := s.local(ctx, name)
	if errdefs.IsNotFound(err) {
		local = nil
	} else if err != nil {
		return "", err
	}
	if local != nil && (local.Labels[importedLabel] != "" || pinned(name)) {
		return s.use(ctx, *local)
	}
	if strings.HasPrefix(name.Name(), reserved) {
		return "", fmt.Errorf("%s is not on this machine: %w", name, errdefs.ErrNotFound)
	}
	resolver := newResolver()
	resolved, target, err := resolver.Resolve(ctx, name.String())
	if err != nil {
		if local != nil && unreachable(err) {
			s.log.Warn("registry cannot be reached: using the image that is here", "image", name.String(), "error", err)
			return s.use(ctx, *local)
		}
		return "", err
	}
	if local != nil && local.Target.Digest == target.Digest {
		return s.use(ctx, *local)
	}
	ctx, done, err := s.leased(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	fetcher, err := resolver.Fetcher(ctx, resolved)
	if err != nil {
		return "", err
	}
	if err := s.fetch(ctx, fetcher, target, progress); err != nil {
		return "", err
	}
	return s.adopt(ctx, images.Image{Name: name.String(), Target: target})
}

// use returns the digest of a recorded image, which is as a rule unpacked and
// then costs no write.
func (s *Store) use(ctx context.Context, img images.Image) (string, error) {
	digest := img.Target.Digest.String()
	if _, err := s.Image(ctx, digest); err == nil {
		return digest, nil
	}
	ctx, done, err := s.leased(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	return s.adopt(ctx, img)
}

// local finds what is here under a name. What is here by digest came from some
// repository, and is for those who name that one: whether another gives it to
// anybody is for its registry to say.
func (s *Store) local(ctx context.Context, name reference.Named) (*images.Image, error) {
	d, ok := name.(reference.Digested)
	if !ok {
		img, err := s.names.Get(ctx, name.String())
		return &img, err
	}
	img, err := s.names.Get(ctx, d.Digest().String())
	if err == nil && img.Labels[fromLabel+name.Name()] == "" {
		err = fmt.Errorf("%s: %w", name, errdefs.ErrNotFound)
	}
	return &img, err
}

// pinned says whether a reference can only ever stand for one content.
func pinned(name reference.Named) bool {
	_, ok := name.(reference.Digested)
	return ok
}

// adopt records complete content under its name and its digest, after checking
// that it is for this machine's architecture and unpacked.
func (s *Store) adopt(ctx context.Context, img images.Image) (string, error) {
	assembled, err := s.assemble(ctx, img.Target)
	if err != nil {
		s.log.Debug("an image's layers are unpacked in their turn", "image", img.Name, "error", err)
	}
	if _, _, err := s.describe(ctx, img.Target); err != nil {
		return "", err
	}
	if !assembled {
		if err := s.unpack(ctx, img.Target, nil); err != nil {
			return "", err
		}
	}
	digest := img.Target.Digest.String()
	img.Labels = keep(img.Labels, importedLabel)
	from, err := s.repositories(ctx, digest)
	if err != nil {
		return "", err
	}
	if name, err := reference.ParseNamed(img.Name); err == nil { // a digest alone is no name
		from[fromLabel+name.Name()] = "true"
		if err := s.put(ctx, img); err != nil {
			return "", err
		}
	}
	return digest, s.put(ctx, images.Image{Name: digest, Target: img.Target, Labels: from})
}

// repositories are the labels that say where what is here by digest came from.
func (s *Store) repositories(ctx context.Context, digest string) (map[string]string, error) {
	from := map[string]string{}
	have, err := s.names.Get(ctx, digest)
	if err != nil && !errdefs.IsNotFound(err) {
		return nil, err
	}
	for label, value := range have.Labels {
		if strings.HasPrefix(label, fromLabel) {
			from[label] = value
		}
	}
	return from, nil
}

func keep(labels map[string]string, name string) map[string]string {
	if v, ok := labels[name]; ok {
		return map[string]string{name: v}
	}
	return nil
}

// fetch brings an image's content: first what describes it, then, if it is for
// this architecture, its layers, unpacking each as it comes.
func (s *Store) fetch(ctx context.Context, fetcher remotes.Fetcher, target ocispec.Descriptor, progress func(done, total int64)) error {
	metadata := images.Handlers(remotes.FetchHandler(s.content, fetcher), images.FilterPlatforms(notLayers(images.ChildrenHandler(s.content)), s.platform))
	if err := images.Dispatch(ctx, metadata, nil, target); err != nil {
		return err
	}
	manifest, _, err := s.describe(ctx, target)
	if err != nil {
		return err
	}
	counting := &counter{Fetcher: fetcher, report: progress}
	for _, l := range manifest.Layers {
		counting.total += l.Size
	}
	return s.unpack(ctx, target, counting)
}

// unpack makes snapshots of an image's layers, fetching what is missing.
func (s *Store) unpack(ctx context.Context, target ocispec.Descriptor, fetcher remotes.Fetcher) error {
	unpacker, err := unpack.NewUnpacker(ctx, s.content, unpack.WithUnpackPlatform(unpack.Platform{
		Platform: s.platform, SnapshotterKey: snapshotter, Snapshotter: s.layers, Applier: s.applier,
	}))
	if err != nil {
		return err
	}
	handlers := []images.Handler{s.children()}
	if fetcher != nil {
		handlers = []images.Handler{remotes.FetchHandler(s.content, fetcher), s.children()}
	}
	err = images.Dispatch(ctx, unpacker.Unpack(images.Handlers(handlers...)), nil, target)
	if _, e := unpacker.Wait(); err == nil {
		err = e
	}
	return err
}

// children finds what content refers to, for this machine, and has it kept with it.
func (s *Store) children() images.HandlerFunc {
	all := images.SetChildrenMappedLabels(s.content, images.ChildrenHandler(s.content), nil)
	return images.LimitManifests(images.FilterPlatforms(all, s.platform), s.platform, 1)
}

// notLayers leaves out layers.
func notLayers(h images.Handler) images.HandlerFunc {
	return func(ctx context.Context, desc ocispec.Descriptor) ([]ocispec.Descriptor, error) {
		children, err := h.Handle(ctx, desc)
		var out []ocispec.Descriptor
		for _, c := range children {
			if !images.IsLayerType(c.MediaType) {
				out = append(out, c)
			}
		}
		return out, err
	}
}

// newResolver talks to registries: by HTTPS, but by HTTP on this machine.
func newResolver() remotes.Resolver {
	return docker.NewResolver(docker.ResolverOptions{
		Hosts: docker.ConfigureDefaultRegistries(
			docker.WithAuthorizer(docker.NewDockerAuthorizer()),
			docker.WithPlainHTTP(docker.MatchLocalhost),
		),
	})
}

// counter reports how many bytes of layers came.
type counter struct {
	remotes.Fetcher
	report func(done, total int64)
	total  int64
	done   atomic.Int64
}

// Fetch implements remotes.Fetcher.
func (c *counter) Fetch(ctx context.Context, desc ocispec.Descriptor) (io.ReadCloser, error) {
	body, err := c.Fetcher.Fetch(ctx, desc)
	if err != nil || !images.IsLayerType(desc.MediaType) {
		return body, err
	}
	return &countingBody{ReadCloser: body, c: c}, nil
}

type countingBody struct {
	io.ReadCloser
	c *counter
}

func (b *countingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.c.report(b.c.done.Add(int64(n)), b.c.total)
	}
	return n, err
}

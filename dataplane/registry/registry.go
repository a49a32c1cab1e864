package registry

import (
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/lazyregexp"
)

// Options are what a Registry needs.
type Options struct {
	Content   Content
	Directory Directory
	Clock     clock.Clock
	Log       *slog.Logger
}

// Registry is the handler of /v2/. Its methods may be called concurrently.
type Registry struct {
	opts    Options
	uploads uploads
	// linking is held for reading while content is written and then recorded
	// in a repository, and for writing while what isn't recorded is let go.
	linking sync.RWMutex
}

// New makes a registry.
func New(o Options) *Registry {
	return &Registry{opts: o, uploads: uploads{content: o.Content, clock: o.Clock, open: map[string]*upload{}}}
}

// route is a path below /v2/<repository>/.
type route struct {
	pattern *lazyregexp.Regexp
	serve   map[string]operation
}

// operation is what a method does at a path, and the access that it needs.
type operation struct {
	access Access
	do     func(*Registry, *call) error
}

// TokenParameter is the parameter of a URL that needs no credentials beside: the
// Directory gets its value as the password of a user without a name.
const TokenParameter = "token"

// name is a repository's name (OCI Distribution Specification, "Pulling manifests").
const name = `^/v2/([a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)`

var routes = []route{
	{lazyregexp.New(name + `/blobs/uploads/?$`), map[string]operation{
		http.MethodPost: {StartUpload, (*Registry).startUpload},
	}},
	{lazyregexp.New(name + `/blobs/uploads/([0-9a-f-]{36})$`), map[string]operation{
		http.MethodGet: {UploadPart, (*Registry).uploadStatus}, http.MethodPatch: {UploadPart, (*Registry).continueUpload},
		http.MethodPut: {FinishUpload, (*Registry).finishUpload}, http.MethodDelete: {UploadPart, (*Registry).cancelUpload},
	}},
	{lazyregexp.New(name + `/blobs/([^/]+)$`), map[string]operation{
		http.MethodGet: {PullBlob, (*Registry).serveBlob}, http.MethodHead: {CheckBlob, (*Registry).serveBlob},
	}},
	{lazyregexp.New(name + `/manifests/([^/]+)$`), map[string]operation{
		http.MethodGet: {PullManifest, (*Registry).serveManifest}, http.MethodHead: {PullManifest, (*Registry).serveManifest},
		http.MethodPut: {PushManifest, (*Registry).putManifest}, http.MethodDelete: {Delete, (*Registry).deleteManifest},
	}},
	{lazyregexp.New(name + `/tags/list$`), map[string]operation{
		http.MethodGet: {ListTags, (*Registry).listTags},
	}},
	{lazyregexp.New(name + `/referrers/([^/]+)$`), map[string]operation{
		http.MethodGet: {PullManifest, (*Registry).listReferrers},
	}},
}

// call is a request for a repository.
type call struct {
	http.ResponseWriter
	*http.Request
	namespace  Namespace
	repository Repository
	// name is the repository's, argument what stands at the path's end.
	name, argument string
}

// ServeHTTP implements http.Handler.
func (g *Registry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	if err := g.serve(w, r); err != nil {
		g.refuse(w, r, err)
	}
}

func (g *Registry) serve(w http.ResponseWriter, r *http.Request) error {
	user, password, given := r.BasicAuth()
	if !given {
		user, password = "", r.URL.Query().Get(TokenParameter)
	}
	if password == "" {
		return Unauthorized("credentials are needed: see GetAuthorizationToken")
	}
	namespace, err := g.opts.Directory.Login(r.Context(), hostname(r.Host), user, password)
	if err != nil {
		return err
	}
	if r.URL.Path == "/v2/" {
		answer(w, http.StatusOK, "application/json", struct{}{})
		return nil
	}
	for _, route := range routes {
		m := route.pattern.FindStringSubmatch(r.URL.Path)
		if m == nil {
			continue
		}
		operation, ok := route.serve[r.Method]
		if !ok {
			return unsupported()
		}
		c := &call{ResponseWriter: w, Request: r, namespace: namespace, name: m[1]}
		if len(m) > 2 {
			c.argument = m[2]
		}
		if c.repository, err = namespace.Repository(r.Context(), c.name, operation.access); err != nil {
			return err
		}
		return operation.do(g, c)
	}
	return Refuse(http.StatusNotFound, "NAME_INVALID", "there is nothing at this path")
}

func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(host)
}

// parseDigest takes a digest of the one algorithm that content is kept by.
func parseDigest(text string) (digest.Digest, error) {
	d, err := digest.Parse(text)
	if err != nil {
		return "", digestInvalid("%q is not a digest", text)
	}
	if d.Algorithm() != digest.SHA256 {
		return "", digestInvalid("digests are SHA-256 here, not %s", d.Algorithm())
	}
	return d, nil
}

// missing says whether content is not there.
func missing(err error) bool { return errdefs.IsNotFound(err) }

// uploadPatience is how long an upload may rest before it is thrown away.
const uploadPatience = time.Hour

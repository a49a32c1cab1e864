package registry

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// maxTags is how many tags one answer holds.
const maxTags = 1000

// listTags answers the tags in order, in pages of n after last.
func (g *Registry) listTags(c *call) error {
	tags, err := c.repository.Tags(c.Context())
	if err != nil {
		return err
	}
	query := c.URL.Query()
	if last := query.Get("last"); last != "" {
		i, found := slices.BinarySearch(tags, last)
		if found {
			i++
		}
		tags = tags[i:]
	}
	n := maxTags
	if query.Has("n") {
		asked, err := strconv.Atoi(query.Get("n"))
		if err != nil || asked < 0 {
			return Refuse(http.StatusBadRequest, "PAGINATION_NUMBER_INVALID", "n must be a number")
		}
		n = min(n, asked)
	}
	if len(tags) > n {
		tags = tags[:n]
		if n > 0 {
			next := url.Values{"n": {strconv.Itoa(n)}, "last": {tags[n-1]}}
			c.ResponseWriter.Header().Set("Link", "</v2/"+c.name+"/tags/list?"+next.Encode()+`>; rel="next"`)
		}
	}
	if tags == nil {
		tags = []string{}
	}
	answer(c.ResponseWriter, http.StatusOK, "application/json", map[string]any{"name": c.name, "tags": tags})
	return nil
}

// listReferrers answers an index of what refers to a manifest.
func (g *Registry) listReferrers(c *call) error {
	subject, err := parseDigest(c.argument)
	if err != nil {
		return err
	}
	list, err := c.repository.Referrers(c.Context(), subject)
	if err != nil {
		return err
	}
	if kind := c.URL.Query().Get("artifactType"); kind != "" {
		list = slices.DeleteFunc(list, func(d ocispec.Descriptor) bool { return d.ArtifactType != kind })
		c.ResponseWriter.Header().Set("OCI-Filters-Applied", "artifactType")
	}
	if list == nil {
		list = []ocispec.Descriptor{}
	}
	index := ocispec.Index{MediaType: ocispec.MediaTypeImageIndex, Manifests: list}
	index.SchemaVersion = 2
	answer(c.ResponseWriter, http.StatusOK, ocispec.MediaTypeImageIndex, index)
	return nil
}

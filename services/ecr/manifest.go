package ecr

import (
	"encoding/json"
	"mime"
	"slices"

	"github.com/opencontainers/go-digest"
)

// Media types of manifests (Amazon ECR User Guide, "Container image manifest
// format support").
const (
	DockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	DockerIndex    = "application/vnd.docker.distribution.manifest.list.v2+json"
	OCIManifest    = "application/vnd.oci.image.manifest.v1+json"
	OCIIndex       = "application/vnd.oci.image.index.v1+json"
)

// foreignLayers are not pushed to registries (Image Manifest Specification).
var foreignLayers = []string{
	"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
	"application/vnd.oci.image.layer.nondistributable.v1.tar",
	"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
	"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
}

// descriptor is what a manifest says of something that it refers to.
type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int64  `json:"size"`
}

// Manifest is what Kaimon reads in a manifest.
type Manifest struct {
	MediaType string
	// Digest is of the manifest itself.
	Digest string
	// Size is of the manifest itself, in bytes.
	Size int64
	// ArtifactType is the artifact's, or the configuration's media type.
	ArtifactType string
	// Layers are the configuration and layers that must be here, Manifests the
	// images of an index.
	Layers, Manifests []string
	// LayerSizes are the sizes that the manifest says the Layers have.
	LayerSizes map[string]int64
	// Subject is the digest of the manifest that this one is about, or "".
	Subject string
	// Annotations are the manifest's own.
	Annotations map[string]string
}

// ParseManifest reads a manifest. The media type is given by the client; where
// it is empty, the manifest says it itself.
func ParseManifest(mediaType string, raw []byte) (*Manifest, error) {
	var m struct {
		SchemaVersion int               `json:"schemaVersion"`
		MediaType     string            `json:"mediaType"`
		ArtifactType  string            `json:"artifactType"`
		Config        *descriptor       `json:"config"`
		Layers        []descriptor      `json:"layers"`
		Manifests     []descriptor      `json:"manifests"`
		Subject       *descriptor       `json:"subject"`
		Annotations   map[string]string `json:"annotations"`
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, errManifest("Invalid JSON syntax")
	}
	if given, _, err := mime.ParseMediaType(mediaType); err == nil {
		mediaType = given
	}
	if mediaType == "" {
		mediaType = m.MediaType
	}
	if mediaType == "" && m.Manifests != nil {
		mediaType = OCIIndex
	} else if mediaType == "" {
		mediaType = OCIManifest
	}
	out := &Manifest{
		MediaType: mediaType, Digest: digest.FromBytes(raw).String(), Size: int64(len(raw)), ArtifactType: m.ArtifactType,
		LayerSizes: map[string]int64{}, Annotations: m.Annotations,
	}
	if m.SchemaVersion != 2 {
		return nil, errManifest("Unsupported schema version %d", m.SchemaVersion)
	}
	if m.MediaType != "" && m.MediaType != mediaType {
		return nil, errManifest("The media type %s is not that of the manifest, %s", mediaType, m.MediaType)
	}
	refersTo := m.Manifests
	switch mediaType {
	case DockerManifest, OCIManifest:
		if m.Config == nil || m.Manifests != nil {
			return nil, errManifest("It has no configuration")
		}
		if out.ArtifactType == "" {
			out.ArtifactType = m.Config.MediaType
		}
		refersTo = append(m.Layers, *m.Config)
	case DockerIndex, OCIIndex:
		if m.Config != nil || m.Layers != nil {
			return nil, errManifest("An index has no layers")
		}
	default:
		return nil, errManifest("Unsupported media type %s", mediaType)
	}
	if m.Subject != nil {
		if _, err := digest.Parse(m.Subject.Digest); err != nil {
			return nil, errManifest("Invalid digest '%s'", m.Subject.Digest)
		}
		out.Subject = m.Subject.Digest
	}
	return out, out.refer(refersTo)
}

// refer takes up what the manifest refers to.
func (m *Manifest) refer(all []descriptor) error {
	index := m.Index()
	for _, d := range all {
		if parsed, err := digest.Parse(d.Digest); err != nil || parsed.Algorithm() != digest.SHA256 || d.Size < 0 {
			return errManifest("Invalid descriptor '%s'", d.Digest)
		}
		switch {
		case index:
			m.Manifests = append(m.Manifests, d.Digest)
		case slices.Contains(foreignLayers, d.MediaType):
		default:
			if size, twice := m.LayerSizes[d.Digest]; twice && size != d.Size {
				return errManifest("The layer '%s' has two sizes", d.Digest)
			} else if !twice {
				m.Layers = append(m.Layers, d.Digest)
			}
			m.LayerSizes[d.Digest] = d.Size
		}
	}
	return nil
}

// Index says whether the manifest is a list of others.
func (m *Manifest) Index() bool { return m.MediaType == DockerIndex || m.MediaType == OCIIndex }

package ecr_test

import (
	"encoding/json"
	"strings"
	"testing"

	"kaimon.dev/kaimon/services/ecr"
)

func TestParseManifest(t *testing.T) {
	digest := described("x")["digest"]
	for what, c := range map[string]struct {
		mediaType string
		manifest  any
		want      string // part of the refusal
	}{
		"not JSON":          {ecr.OCIManifest, "{", "JSON"},
		"a list":            {ecr.OCIManifest, []int{}, "JSON"},
		"version 1":         {ecr.DockerManifest, object{"schemaVersion": 1}, "version 1"},
		"another type":      {ecr.OCIManifest, object{"schemaVersion": 2, "mediaType": ecr.DockerManifest}, "media type"},
		"an unknown type":   {"text/plain", object{"schemaVersion": 2}, "Unsupported media type text/plain"},
		"no configuration":  {ecr.OCIManifest, object{"schemaVersion": 2}, "configuration"},
		"both":              {ecr.OCIManifest, object{"schemaVersion": 2, "config": described("x"), "manifests": []object{}}, "configuration"},
		"layers in an list": {ecr.OCIIndex, object{"schemaVersion": 2, "layers": []object{described("x")}}, "no layers"},
		"a bad digest":      {ecr.OCIManifest, object{"schemaVersion": 2, "config": object{"digest": "sha256:1"}}, "descriptor"},
		"a bad subject":     {ecr.OCIManifest, object{"schemaVersion": 2, "config": described("x"), "subject": object{"digest": "x"}}, "digest"},
		"a negative size":   {ecr.OCIManifest, object{"schemaVersion": 2, "config": object{"digest": digest, "size": -1}}, "descriptor"},
		"two sizes":         {ecr.OCIManifest, object{"schemaVersion": 2, "config": described("x"), "layers": []object{{"digest": digest, "size": 7}}}, "two sizes"},
	} {
		raw, ok := c.manifest.(string)
		if !ok {
			b, _ := json.Marshal(c.manifest)
			raw = string(b)
		}
		_, err := ecr.ParseManifest(c.mediaType, []byte(raw))
		if code(err) != ecr.CodeInvalidParameter || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestMediaTypes holds that a manifest says its type itself where the client doesn't.
func TestMediaTypes(t *testing.T) {
	for given, c := range map[string]struct {
		manifest object
		want     string
	}{
		"":                              {object{"mediaType": ecr.DockerManifest, "config": described("x")}, ecr.DockerManifest},
		" ":                             {object{"config": described("x")}, ecr.OCIManifest},
		"  ":                            {object{"manifests": []object{}}, ecr.OCIIndex},
		ecr.OCIManifest + "; charset=x": {object{"config": described("x")}, ecr.OCIManifest},
	} {
		c.manifest["schemaVersion"] = 2
		if m := parse(t, strings.TrimSpace(given), c.manifest); m.MediaType != c.want || m.Index() != (c.want == ecr.OCIIndex) {
			t.Errorf("%q: %+v", given, m)
		}
	}
	foreign := object{"mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "digest": described("far")["digest"], "size": 3}
	m := parse(t, ecr.DockerManifest, object{"schemaVersion": 2, "config": described("x"), "layers": []object{foreign}})
	if len(m.Layers) != 1 {
		t.Errorf("a foreign layer must be here: %v", m.Layers)
	}
}

func FuzzParseManifest(f *testing.F) {
	f.Add(ecr.OCIManifest, []byte(`{"schemaVersion":2,"config":{"digest":"sha256:0","size":1},"layers":[null]}`))
	f.Add("", []byte(`{"schemaVersion":2,"manifests":[{}]}`))
	f.Add("a;b", []byte(`[]`))
	f.Fuzz(func(t *testing.T, mediaType string, raw []byte) {
		m, err := ecr.ParseManifest(mediaType, raw)
		if err != nil {
			return
		}
		if m.Digest == "" || m.Index() && len(m.Layers) > 0 || !m.Index() && len(m.Manifests) > 0 {
			t.Errorf("%+v", m)
		}
	})
}

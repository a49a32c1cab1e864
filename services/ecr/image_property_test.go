package ecr_test

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

// TestImagesStayWhole pushes and deletes at random, and holds after each step
// that a tag stands for one image, that what an image refers to is there, and
// that no layer stays behind.
func TestImagesStayWhole(t *testing.T) {
	contents := []string{"a", "b", "c"}
	tags := []string{"", "v1", "v2"}
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, nil)
		text := rapid.SampledFrom(contents)
		rt.Repeat(map[string]func(*rapid.T){
			"push": func(rt *rapid.T) {
				config, layers := text.Draw(rt, "config"), rapid.SliceOfN(text, 0, 2).Draw(rt, "layers")
				for _, l := range append([]string{config}, layers...) {
					w.layer(l)
				}
				if err := w.put(manifest(t, config, layers...), rapid.SampledFrom(tags).Draw(rt, "tag")); err != nil {
					rt.Fatal(err)
				}
			},
			"index": func(rt *rapid.T) {
				var parts []object
				for image := range ecr.ImagesIn(w.Snapshot(), w.repo.ARN) {
					if rapid.Bool().Draw(rt, "part") {
						parts = append(parts, object{"mediaType": image.MediaType, "digest": image.Digest, "size": image.ManifestSize})
					}
				}
				if len(parts) == 0 {
					rt.Skip("nothing to list")
				}
				m := parse(t, ecr.OCIIndex, object{"schemaVersion": 2, "manifests": parts})
				if err := w.put(m, rapid.SampledFrom(tags).Draw(rt, "tag")); err != nil {
					rt.Fatal(err)
				}
			},
			"delete": func(rt *rapid.T) {
				all := slices.Collect(ecr.ImagesIn(w.Snapshot(), w.repo.ARN))
				if len(all) == 0 {
					rt.Skip("nothing to delete")
				}
				image := rapid.SampledFrom(all).Draw(rt, "image")
				err := w.Update(context.Background(), func(tx *store.Txn) error {
					switch {
					case len(image.Tags) > 0:
						ecr.DeleteTag(tx, image, image.Tags[0])
					case len(ecr.Parents(tx, image)) == 0:
						ecr.DeleteImage(tx, image)
					}
					return nil
				})
				if err != nil {
					rt.Fatal(err)
				}
			},
			"": func(rt *rapid.T) { checkWhole(rt, w) },
		})
	})
}

func checkWhole(rt *rapid.T, w *world) {
	r := w.Snapshot()
	seen, needed := map[string]bool{}, map[string]bool{}
	for image := range ecr.ImagesIn(r, w.repo.ARN) {
		for _, tag := range image.Tags {
			if seen[tag] {
				rt.Fatalf("two images are %s", tag)
			}
			seen[tag] = true
		}
		for _, d := range image.Layers {
			needed[d] = true
			if _, ok := ecr.FindLayer(r, w.repo.ARN, d); !ok {
				rt.Fatalf("%s lost its layer %s", image.Digest, d)
			}
		}
		for _, d := range image.Manifests {
			if _, ok := ecr.ImageByDigest(r, w.repo.ARN, d); !ok {
				rt.Fatalf("%s lost its part %s", image.Digest, d)
			}
		}
	}
	for layer := range ecr.LayersIn(r, w.repo.ARN) {
		if !needed[layer.Digest] {
			rt.Fatalf("layer %s is left", layer.Digest)
		}
	}
}

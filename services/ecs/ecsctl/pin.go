package ecsctl

import (
	"context"

	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// pinned has the image of a service's task present in the version that the
// first task of its revision got. The first ones wait for each other.
func (p *puller) pinned(ctx context.Context, t *ecs.Task, image string) (string, error) {
	if digest := ecs.DigestFor(p.store.Snapshot(), t.RevisionARN, image); digest != "" {
		return p.shared(ctx, t, ecs.AtDigest(image, digest))
	}
	first, err, _ := p.firsts.Do(t.RevisionARN+" "+image, func() (any, error) {
		digest, err := p.shared(ctx, t, image)
		if err != nil {
			return "", err
		}
		var pinned string
		err = p.store.Update(ctx, func(tx *store.Txn) error {
			pinned = ecs.PinImage(tx, t.RevisionARN, image, digest)
			return nil
		})
		if err != nil || pinned == digest {
			return digest, err
		}
		return p.shared(ctx, t, ecs.AtDigest(image, pinned))
	})
	if err != nil {
		return "", err
	}
	return first.(string), nil
}

// consistent says for each container of a service's task, by name, whether it
// gets the version of its image that the first one got.
func consistent(r store.Reader, t *ecs.Task) map[string]bool {
	out := map[string]bool{}
	if t.RevisionARN == "" {
		return out
	}
	definition, ok := ecs.TaskDefinitions.Get(r, t.DefinitionARN)
	if !ok {
		return out
	}
	for _, c := range definition.Containers {
		out[c.Name] = c.Consistent()
	}
	return out
}

package ecr

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"
)

// maxDays is an age that no image has: a greater count means the same.
const maxDays = 100 * 365

// Expiry is an image that a rule expires.
type Expiry struct {
	Image *Image
	// Priority is the rule's.
	Priority int
}

// Plan says which of a repository's images expire at a time, and by which rule
// (Amazon ECR User Guide, "How lifecycle policies work"). Each rule looks at all
// the images that it selects, as if none had expired; they are then applied by
// priority, and what a rule selects no later one can expire. An image that is
// part of an index stays as long as the index does. An image that is about
// another one is not looked at, and expires with it.
func (l *Lifecycle) Plan(images []*Image, now time.Time) []Expiry {
	parts, here := map[string]bool{}, map[string]bool{}
	about := map[string][]*Image{}
	for _, i := range images {
		here[i.Digest] = true
		for _, digest := range i.Manifests {
			parts[digest] = true
		}
		if i.Subject != "" {
			about[i.Subject] = append(about[i.Subject], i)
		}
	}
	// The newest come first.
	sorted := slices.DeleteFunc(slices.Clone(images), func(i *Image) bool { return here[i.Subject] })
	slices.SortFunc(sorted, func(a, b *Image) int {
		return cmp.Or(b.PushedAt.Compare(a.PushedAt), strings.Compare(a.Digest, b.Digest))
	})
	var out []Expiry
	taken := map[string]bool{} // selected by a rule of higher priority
	for _, rule := range l.Rules {
		selected := slices.DeleteFunc(slices.Clone(sorted), func(i *Image) bool { return !rule.selects(i) })
		for n, i := range selected {
			if rule.expires(i, n, now) && !taken[i.Digest] && !parts[i.Digest] {
				out = append(out, Expiry{Image: i, Priority: rule.Priority})
			}
		}
		for _, i := range selected {
			taken[i.Digest] = true
		}
	}
	for n := 0; n < len(out); n++ { // which grows
		for _, i := range about[out[n].Image.Digest] {
			if !parts[i.Digest] {
				out = append(out, Expiry{Image: i, Priority: out[n].Priority})
			}
		}
		delete(about, out[n].Image.Digest)
	}
	return out
}

// Next is the earliest time after now at which a rule may expire more by age
// alone, or the zero time.
func (l *Lifecycle) Next(images []*Image, now time.Time) time.Time {
	var next time.Time
	for _, rule := range l.Rules {
		if rule.CountType != countSincePushed {
			continue
		}
		for _, i := range images {
			at := i.PushedAt.Add(rule.age())
			if rule.selects(i) && !at.Before(now) && (next.IsZero() || at.Before(next)) {
				next = at
			}
		}
	}
	return next
}

// age is how old an image may get by a rule that counts days.
func (r *LifecycleRule) age() time.Duration {
	return time.Duration(min(r.Count, maxDays)) * 24 * time.Hour
}

// expires says whether the rule is for the image to go: the one with n newer
// ones among those that the rule selects.
func (r *LifecycleRule) expires(i *Image, n int, now time.Time) bool {
	if r.CountType == countMoreThan {
		return n >= r.Count
	}
	return i.PushedAt.Add(r.age()).Before(now)
}

// selects says whether a rule looks at an image: each of its prefixes or
// patterns must match one of the image's tags.
func (r *LifecycleRule) selects(i *Image) bool {
	switch r.TagStatus {
	case selectAny:
		return true
	case selectUntagged:
		return len(i.Tags) == 0
	}
	matched := func(matches func(tag string) bool) bool { return slices.ContainsFunc(i.Tags, matches) }
	for _, prefix := range r.Prefixes {
		if !matched(func(tag string) bool { return strings.HasPrefix(tag, prefix) }) {
			return false
		}
	}
	for _, pattern := range r.Patterns {
		if !matched(func(tag string) bool { return wildcard(pattern, tag) }) {
			return false
		}
	}
	return true
}

// wildcard says whether a pattern, in which * stands for any text, matches a
// whole tag.
func wildcard(pattern, tag string) bool {
	// Tags have no characters that path.Match treats as special; patterns may.
	escaped := strings.NewReplacer(`\`, `\\`, `[`, `\[`, `?`, `\?`).Replace(pattern)
	ok, err := path.Match(escaped, tag)
	return ok && err == nil
}

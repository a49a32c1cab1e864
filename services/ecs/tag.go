package ecs

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// The limits of tags (API Reference, "Tag"); lengths in characters.
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

// The tags that the platform gives to tasks itself (Developer Guide, "Tagging
// Amazon ECS resources").
const (
	TagClusterName = "aws:ecs:clusterName"
	TagServiceName = "aws:ecs:serviceName"
)

// Tag is a key and a value that a user gave to a resource.
type Tag struct{ Key, Value string }

// TagSet is all the tags of one resource, in the order of their first appearance.
type TagSet struct {
	// ARN is the resource's.
	ARN  string
	Tags []Tag
}

// CheckTags refuses tags that a user can't give: malformed, reserved or repeated
// ones, or too many.
func CheckTags(tags []Tag) error {
	if len(tags) > maxTags {
		return tooManyTags()
	}
	for i, t := range tags {
		if err := checkTagKey(t.Key); err != nil {
			return err
		}
		if utf8.RuneCountInString(t.Value) > maxTagValue || !isTagText(t.Value) {
			return InvalidParameter("The value of the tag '%s' is not valid.", t.Key)
		}
		if isReserved(t.Value) {
			return reservedTag(t.Key)
		}
		if slices.ContainsFunc(tags[:i], func(o Tag) bool { return o.Key == t.Key }) {
			return InvalidParameter("The tag key '%s' is used more than once.", t.Key)
		}
	}
	return nil
}

// CheckTagKeys refuses keys that a user can't remove.
func CheckTagKeys(keys []string) error {
	for _, key := range keys {
		if err := checkTagKey(key); err != nil {
			return err
		}
	}
	return nil
}

func checkTagKey(key string) error {
	if key == "" || utf8.RuneCountInString(key) > maxTagKey || !isTagText(key) {
		return InvalidParameter("The tag key '%s' is not valid.", key)
	}
	if isReserved(key) {
		return reservedTag(key)
	}
	return nil
}

func tooManyTags() *aws.Error {
	return InvalidParameter("A resource cannot have more than %d tags.", maxTags)
}

func reservedTag(key string) *aws.Error {
	return InvalidParameter("The tag '%s' is not valid: tags cannot begin with aws:, which is reserved for system use.", key)
}

// isReserved says whether a key belongs to the platform: aws: in any case.
func isReserved(key string) bool { return len(key) >= 4 && strings.EqualFold(key[:4], "aws:") }

// isTagText holds the pattern of TagKey and TagValue: letters, numbers, spaces and _.:/=+-@.
func isTagText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.:/=+-@", r)
	})
}

// TagsOf returns a resource's tags, none as nil.
func TagsOf(r store.Reader, arn string) []Tag {
	if set, ok := ResourceTags.Get(r, arn); ok {
		return set.Tags
	}
	return nil
}

// PutTags gives tags to a resource: values of keys that it has are replaced,
// the others come behind. It refuses to exceed the limit, which the platform's own tags
// (aws:…) don't count against.
func PutTags(tx *store.Txn, arn string, tags []Tag) error {
	if len(tags) == 0 {
		return nil
	}
	merged := slices.Clone(TagsOf(tx, arn))
	for _, t := range tags {
		i := slices.IndexFunc(merged, func(o Tag) bool { return o.Key == t.Key })
		if i < 0 {
			merged = append(merged, t)
			continue
		}
		merged[i].Value = t.Value
	}
	own := 0
	for _, t := range merged {
		if !isReserved(t.Key) {
			own++
		}
	}
	if own > maxTags {
		return tooManyTags()
	}
	ResourceTags.Put(tx, TagSet{ARN: arn, Tags: merged})
	return nil
}

// RemoveTags takes tags from a resource by key; keys that it hasn't are ignored.
func RemoveTags(tx *store.Txn, arn string, keys []string) {
	left := slices.DeleteFunc(slices.Clone(TagsOf(tx, arn)), func(t Tag) bool { return slices.Contains(keys, t.Key) })
	if len(left) == 0 {
		ResourceTags.Delete(tx, arn)
		return
	}
	ResourceTags.Put(tx, TagSet{ARN: arn, Tags: left})
}

// DropTags removes all tags of a resource that is deleted.
func DropTags(tx *store.Txn, arn string) { ResourceTags.Delete(tx, arn) }

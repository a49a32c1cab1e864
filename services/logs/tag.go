package logs

import (
	"strings"

	"kaimon.dev/kaimon/aws"
)

// maxTags is how many tags a group may have.
const maxTags = 50

func checkTags(tags map[string]string) error {
	for k := range tags {
		if strings.HasPrefix(strings.ToLower(k), "aws:") {
			return InvalidParameter("Tag keys starting with 'aws:' are reserved for system use.")
		}
	}
	return nil
}

// Tag gives tags to the group; it refuses to exceed the limit.
func (g *Group) Tag(tags map[string]string) error {
	if err := checkTags(tags); err != nil {
		return err
	}
	if g.Tags == nil {
		g.Tags = map[string]string{}
	}
	for k, v := range tags {
		g.Tags[k] = v
	}
	if len(g.Tags) > maxTags {
		return aws.Errorf("TooManyTagsException", "The resource has more than %d tags.", maxTags)
	}
	return nil
}

// Untag takes tags from the group; keys that it lacks are no error.
func (g *Group) Untag(keys []string) {
	for _, k := range keys {
		delete(g.Tags, k)
	}
}

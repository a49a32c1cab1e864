package servicediscovery

import (
	"maps"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// maxTags is how many tags a resource may have.
const maxTags = 50

// Tagged returns tags with more of them added.
func Tagged(arn string, tags, more map[string]string) (map[string]string, error) {
	all := maps.Clone(tags)
	if all == nil {
		all = map[string]string{}
	}
	for k, v := range more {
		if strings.HasPrefix(strings.ToLower(k), "aws:") {
			return nil, ErrInvalidInput("Tag keys can't begin with 'aws:'.")
		}
		all[k] = v
	}
	if len(all) > maxTags {
		return nil, ErrTooManyTags(arn)
	}
	return all, nil
}

// TagsOf returns the tags of a namespace or service.
func TagsOf(r store.Reader, s aws.Scope, arn string) (map[string]string, error) {
	if n, err := FindNamespace(r, s, arn); err == nil {
		return n.Tags, nil
	}
	if v, err := FindService(r, s, arn); err == nil {
		return v.Tags, nil
	}
	return nil, ErrResourceNotFound(arn)
}

// SetTags replaces the tags of a namespace or service.
func SetTags(tx *store.Txn, s aws.Scope, arn string, tags map[string]string) error {
	if n, err := FindNamespace(tx, s, arn); err == nil {
		changed := *n
		changed.Tags = tags
		Namespaces.Put(tx, changed)
		return nil
	}
	v, err := FindService(tx, s, arn)
	if err != nil {
		return ErrResourceNotFound(arn)
	}
	changed := *v
	changed.Tags = tags
	Services.Put(tx, changed)
	return nil
}

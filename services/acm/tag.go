package acm

import "strings"

// CheckTag says what is wrong with a tag's key; the model bounds the texts.
func CheckTag(key string) error {
	if strings.HasPrefix(strings.ToLower(key), "aws:") {
		return ErrInvalidTag("Tag keys cannot begin with 'aws:'.")
	}
	return nil
}

// Tagged returns the certificate's tags with more added.
func (c *Certificate) Tagged(more map[string]string) (map[string]string, error) {
	all := map[string]string{}
	for k, v := range c.Tags {
		all[k] = v
	}
	for k, v := range more {
		if err := CheckTag(k); err != nil {
			return nil, err
		}
		all[k] = v
	}
	if len(all) > maxTags {
		return nil, ErrTooManyTags()
	}
	return all, nil
}

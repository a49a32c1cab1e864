package ecs

// Tag is a key and a value that a user gave to a resource.
type Tag struct{ Key, Value string }

// TagSet is all the tags of one resource, in the order of their first appearance.
type TagSet struct {
	// ARN is the resource's.
	ARN  string
	Tags []Tag
}

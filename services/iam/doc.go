// Package iam holds the nouns of AWS Identity and Access Management: so far the
// access keys that requests are signed with.
package iam

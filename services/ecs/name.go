package ecs

import "strings"

// maxName is the longest name of a cluster, family, container or volume.
const maxName = 255

// IsName says whether s may name a cluster, family, container or volume: up to
// 255 letters, digits, underscores and hyphens, which is the words of every
// page of the API Reference that has such a name.
func IsName(s string) bool {
	return s != "" && len(s) <= maxName && only(s, nameBytes)
}

const nameBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

// imageBytes are the characters of an image reference (API Reference, "ContainerDefinition").
const imageBytes = nameBytes + ":./#@"

// only says whether s consists of characters of the set.
func only(s, set string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune(set, r) })
}

// isImage says whether s is an image reference of a form that ECS takes: at
// most 255 characters before a digest, and a digest that is sha256.
func isImage(s string) bool {
	name, digest, hasDigest := strings.Cut(s, "@")
	if name == "" || len(name) > 255 || !only(name, imageBytes) {
		return false
	}
	if !hasDigest {
		return true
	}
	hex, ok := strings.CutPrefix(digest, "sha256:")
	return ok && len(hex) == 64 && only(hex, "0123456789abcdefABCDEF")
}

// isPortName says whether s may name a port mapping: up to 64 lower-case
// letters, digits, underscores and hyphens, and no hyphen first.
func isPortName(s string) bool {
	return s != "" && len(s) <= 64 && s[0] != '-' && only(s, "abcdefghijklmnopqrstuvwxyz0123456789_-")
}

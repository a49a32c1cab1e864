// Package ecsapi answers the operations of Amazon ECS. A handler reads a
// snapshot, checks what was asked with the rules of package ecs, writes rows in
// one transaction and answers; it starts nothing. Files are named after
// operation families; x_wire.go turns the family's wire types into nouns and back.
package ecsapi

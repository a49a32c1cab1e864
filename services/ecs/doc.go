// Package ecs holds the nouns and rules of Amazon ECS: clusters, task
// definitions, tasks, tags and account settings, the tables that keep them, and
// the rules of Fargate. It does no I/O, has no clock and knows no wire format:
// ecsapi turns requests into these nouns, ecsctl makes them come true.
//
// Rows are keyed by ARN. An ARN carries account and region, so a prefix of it
// is how one (account, region) is listed.
package ecs

package ecsctl_test

import (
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

// Whatever users, containers, registries and the server itself do, in whatever
// order: states only move forward, and when all was stopped every task is
// STOPPED, with its interface given back and nothing left running.
func TestEveryTaskEndsAndGivesBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		todo := rapid.SliceOfN(rapid.SampledFrom(operations), 1, 12).Draw(rt, "operations")
		numbers := rapid.SliceOfN(rapid.IntRange(0, 99), len(todo), len(todo)).Draw(rt, "numbers")
		passed := t.Run("", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlay(t)
				defer func() { p.stop() }()
				for i, operation := range todo {
					p.do(operation, numbers[i])
					p.look()
				}
				p.finish()
			})
		})
		if !passed {
			rt.Fatalf("operations %v, numbers %v", todo, numbers)
		}
	})
}

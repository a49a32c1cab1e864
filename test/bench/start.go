package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// measureStart measures from sending RunTask to the container's first act, one
// task at a time: the image is present, everything else is new. The container's
// own start of a Go program is in it.
func measureStart(ctx context.Context, b *bench) error {
	t, ready, err := b.open(ctx, "start")
	if err != nil {
		return err
	}
	defer t.Down(ctx)
	b.row("server ready, empty store", ms(ready), "≤ 1 s")
	var all []time.Duration
	for n := range 53 {
		begun := time.Now()
		ids, err := t.run(ctx, family, 1)
		if err != nil {
			return err
		}
		wrote, err := t.stamped(ctx, ids[0])
		if err != nil {
			return err
		}
		if n >= 3 { // the first ones fetch the image and warm pools
			all = append(all, wrote.Sub(begun))
		}
		if err := t.stop(ctx, ids[0]); err != nil {
			return err
		}
	}
	b.times("RunTask to the container's first write", all, "≤ 50 ms", "≤ 125 ms")
	return nil
}

// measureBurst measures 32 RunTasks at once, several times.
func measureBurst(ctx context.Context, b *bench) error {
	const tasks = 32
	t, _, err := b.open(ctx, "burst")
	if err != nil {
		return err
	}
	defer t.Down(ctx)
	best, sum := 0.0, 0.0
	const rounds = 4
	for n := range rounds {
		begun := time.Now()
		var last [tasks]time.Time
		var started [tasks]string
		g, gctx := errgroup.WithContext(ctx)
		for i := range tasks {
			g.Go(func() error {
				ids, err := t.run(gctx, family, 1)
				if err != nil {
					return err
				}
				started[i] = ids[0]
				last[i], err = t.stamped(gctx, ids[0])
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		end := begun
		for _, at := range last {
			if at.After(end) {
				end = at
			}
		}
		rate := tasks / end.Sub(begun).Seconds()
		if n > 0 { // the first round warms
			best, sum = max(best, rate), sum+rate
		}
		for _, id := range started {
			if err := t.stop(ctx, id); err != nil {
				return err
			}
		}
	}
	b.row("32 RunTasks at once, starts per second (mean)", fmt.Sprintf("%.0f/s", sum/(rounds-1)), "≥ 40/s")
	b.row("32 RunTasks at once, starts per second (best)", fmt.Sprintf("%.0f/s", best), "")
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"kaimon.dev/kaimon/test/live"
)

// atOnce is how many tasks are started together.
const atOnce = 32

// measureStarts measures RunTask to first word: one task after the other, the
// image named by digest and by tag, and 32 at once.
func measureStarts(ctx context.Context, dir string, n int) (_ table, err error) {
	w, err := newWorld(ctx, dir, "starts")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Down(context.WithoutCancel(ctx))) }()
	l, err := listen()
	if err != nil {
		return nil, err
	}
	defer l.Close()
	const image = live.RegistryAddress + "/busybox"
	if err := w.define(ctx, "tag", image, speak...); err != nil {
		return nil, err
	}
	digest, err := w.warm(ctx, l)
	if err != nil {
		return nil, err
	}
	if err := w.define(ctx, "digest", image+"@"+digest, speak...); err != nil {
		return nil, err
	}
	byDigest, err := w.series(ctx, l, "digest", n)
	if err != nil {
		return nil, err
	}
	byTag, err := w.series(ctx, l, "tag", n)
	if err != nil {
		return nil, err
	}
	var best float64
	for range 3 {
		rate, err := w.burst(ctx, l, "digest")
		if err != nil {
			return nil, err
		}
		best = max(best, rate)
	}
	rows := quantiles("RunTask to the container's first word", byDigest, 50*time.Millisecond, 125*time.Millisecond)
	rows = append(rows, quantiles("the same, asking a registry for the tag", byTag, 0, 0)...)
	return append(rows, row{
		what:  fmt.Sprintf("%d RunTasks at once, best of 3", atOnce),
		value: fmt.Sprintf("%.1f starts/s", best), target: "≥ 40 starts/s", met: best >= 40,
	}), nil
}

// warm runs the first task, which pulls the image, and returns its digest.
func (w *world) warm(ctx context.Context, l net.Listener) (string, error) {
	task, err := w.runTask(ctx, "tag")
	if err != nil {
		return "", err
	}
	c, err := l.Accept()
	if err != nil {
		return "", err
	}
	tasks, err := w.await(ctx, "RUNNING", task)
	if err != nil {
		return "", errors.Join(err, c.Close())
	}
	digest := *tasks[0].Containers[0].ImageDigest
	return digest, w.end(ctx, c, task)
}

// end lets the task of a connection end, and waits until it has.
func (w *world) end(ctx context.Context, c net.Conn, task string) error {
	if err := c.Close(); err != nil {
		return err
	}
	_, err := w.await(ctx, "STOPPED", task)
	return err
}

// series starts n tasks, each after the end of the one before.
func (w *world) series(ctx context.Context, l net.Listener, family string, n int) ([]time.Duration, error) {
	var all []time.Duration
	for range n {
		begun := time.Now()
		accepted := make(chan time.Duration, 1)
		var c net.Conn
		var g errgroup.Group
		g.Go(func() (err error) {
			c, err = l.Accept()
			accepted <- time.Since(begun)
			return err
		})
		task, err := w.runTask(ctx, family)
		if err := errors.Join(err, g.Wait()); err != nil {
			return nil, err
		}
		all = append(all, <-accepted)
		if err := w.end(ctx, c, task); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// burst starts many tasks at once and returns how many spoke a second.
func (w *world) burst(ctx context.Context, l net.Listener, family string) (float64, error) {
	var g errgroup.Group
	tasks := make([]string, atOnce)
	begun := time.Now()
	for i := range tasks {
		g.Go(func() (err error) {
			tasks[i], err = w.runTask(ctx, family)
			return err
		})
	}
	connections := make([]net.Conn, atOnce)
	for i := range connections {
		c, err := l.Accept()
		if err != nil {
			return 0, err
		}
		connections[i] = c
	}
	took := time.Since(begun)
	if err := g.Wait(); err != nil {
		return 0, err
	}
	for _, c := range connections {
		if err := c.Close(); err != nil {
			return 0, err
		}
	}
	_, err := w.await(ctx, "STOPPED", tasks...)
	return atOnce / took.Seconds(), err
}

package vpc

import (
	"context"
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"
)

// busyNetwork has a hundred groups of fifty rules each.
func busyNetwork() Network {
	var groups []Group
	for g := range 100 {
		group := Group{ID: fmt.Sprintf("sg-%d", g), Egress: allOut}
		for r := range 50 {
			group.Ingress = append(group.Ingress, tcp(1000+r, 1000+r, fmt.Sprintf("10.0.%d.0/24", r)))
		}
		groups = append(groups, group)
	}
	return network(groups...)
}

// nth is the n-th interface of a benchmark's network.
func nth(n int) Interface {
	i := eni(fmt.Sprintf("10.0.%d.%d", 1+n/240%2, 4+n%240), fmt.Sprintf("sg-%d", n%100), fmt.Sprintf("sg-%d", (n+7)%100))
	return i
}

func BenchmarkAttachDetach(b *testing.B) {
	w := newWorld(b)
	w.apply(busyNetwork())
	for b.Loop() {
		w.attachAll(0, 1)
		b.StopTimer()
		w.detachAll(0, 1)
		b.StartTimer()
	}
}

func BenchmarkAttach32AtOnce(b *testing.B) {
	w := newWorld(b)
	w.apply(busyNetwork())
	for b.Loop() {
		w.attachAll(0, 32)
		b.StopTimer()
		w.detachAll(0, 32)
		b.StartTimer()
	}
}

func BenchmarkDetach32AtOnce(b *testing.B) {
	w := newWorld(b)
	w.apply(busyNetwork())
	for b.Loop() {
		b.StopTimer()
		w.attachAll(0, 32)
		b.StartTimer()
		w.detachAll(0, 32)
	}
}

// BenchmarkAt400 applies a changed rule, and attaches one more interface, where
// 400 are already.
func BenchmarkAt400(b *testing.B) {
	w := newWorld(b)
	n := busyNetwork()
	w.apply(n)
	w.attachAll(0, 400)
	b.Run("apply unchanged", func(b *testing.B) {
		for b.Loop() {
			w.apply(n)
		}
	})
	b.Run("apply a changed rule", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			n.Groups[3].Ingress[7].ToPort = 2000 + i%1000
			w.apply(n)
		}
	})
	b.Run("reopen", func(b *testing.B) {
		for b.Loop() {
			w.must(w.Close())
			w.open()
		}
		w.apply(n)
	})
	b.Run("attach", func(b *testing.B) {
		for b.Loop() {
			w.attachAll(400, 401)
			b.StopTimer()
			w.detachAll(400, 401)
			b.StartTimer()
		}
	})
	b.Run("detach", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			w.attachAll(400, 401)
			b.StartTimer()
			w.detachAll(400, 401)
		}
	})
}

// attachAll attaches the interfaces from one to before another at once, at most
// 32 at a time.
func (w *world) attachAll(from, to int) {
	w.Helper()
	var g errgroup.Group
	g.SetLimit(32)
	for n := from; n < to; n++ {
		g.Go(func() error {
			_, err := w.AttachInterface(context.Background(), nth(n))
			return err
		})
	}
	w.must(g.Wait())
}

func (w *world) detachAll(from, to int) {
	w.Helper()
	var g errgroup.Group
	g.SetLimit(32)
	for n := from; n < to; n++ {
		g.Go(func() error { return w.DetachInterface(context.Background(), nth(n).ID) })
	}
	w.must(g.Wait())
}

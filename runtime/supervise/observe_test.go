package supervise

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"kaimon.dev/kaimon/runtime"
)

func at(id string, phase runtime.Phase) *runtime.Observation {
	return &runtime.Observation{TaskID: id, Phase: phase}
}

// collect renders what a subscriber is sent until nothing more comes.
func collect(t *testing.T, out <-chan runtime.Event) string {
	t.Helper()
	text := ""
	for {
		synctest.Wait()
		select {
		case e := <-out:
			if e.Synced {
				text += "| "
			} else {
				text += e.Observation.TaskID + " " + string(e.Observation.Phase) + " "
			}
		default:
			return text
		}
	}
}

func TestBoard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard()
		b.publish(at("b", runtime.Pending))
		b.publish(at("a", runtime.Running))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		sub, known := b.subscribe()
		out := make(chan runtime.Event)

		// Changes before the first receive: one of a known task, one of a new one.
		b.publish(at("c", runtime.Pending))
		b.publish(at("b", runtime.Running))
		go b.feed(ctx, sub, known, out)
		if got := collect(t, out); got != "a RUNNING b RUNNING | c PENDING " {
			t.Errorf("first %q", got)
		}

		b.publish(at("b", runtime.Running)) // says nothing new
		if got := collect(t, out); got != "" {
			t.Errorf("without a change %q", got)
		}

		// One is on its way while nobody receives; the rest coalesces by task.
		b.publish(at("a", runtime.Stopping))
		synctest.Wait()
		b.publish(at("c", runtime.Running))
		b.publish(at("a", runtime.Stopped))
		b.publish(at("c", runtime.Stopping))
		b.publish(at("d", runtime.Pending))
		b.forget("d")
		if got := collect(t, out); got != "a STOPPING c STOPPING a STOPPED " {
			t.Errorf("coalesced %q", got)
		}

		cancel()
		for range out {
		}
		if len(b.subs) != 0 {
			t.Error("the subscriber is still there")
		}
	})
}

func TestBoardKeepsLittleForTheSlow(t *testing.T) {
	b := newBoard()
	sub, _ := b.subscribe()
	for i := range 10_000 {
		b.publish(&runtime.Observation{TaskID: fmt.Sprint(i % 10), Reason: fmt.Sprint(i)})
	}
	if len(sub.queue) != 10 || len(sub.queued) != 10 {
		t.Errorf("%d entries queued for 10 tasks", len(sub.queue))
	}
}

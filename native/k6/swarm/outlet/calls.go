package outlet

import (
	"context"
	"sync"
	"time"

	"hunt/native/k6/swarm/clock"
	"hunt/native/k6/swarm/group"
)

// Calls does what has one answer, over whatever a lane speaks: HTTP, a gRPC call, a request over a broker. Each of
// its goroutines does one at a time.
type Calls[J, A any] struct {
	clock *clock.Clock
	jobs  chan call[J]
	given []call[J] // of this tick
	under int       // that are with a goroutine, or given
	done  sync.WaitGroup
}

type call[J any] struct {
	mark       group.Mark
	deadlineUs int64
	job        J
}

// Do does one call. It comes back by the deadline.
type Do[J, A any] func(ctx context.Context, job J, deadline time.Time) A

// StartCalls does so many calls at once until ctx ends. Each goroutine calls with a Do of its own; `answered` is
// told on that goroutine, and reports to the lane.
func StartCalls[J, A any](
	ctx context.Context, c *clock.Clock, atOnce int, with func(index int) Do[J, A], answered func(m group.Mark, answer A, atUs int64),
) *Calls[J, A] {
	// As many jobs as goroutines are ever handed over, so that handing over never waits.
	calls := &Calls[J, A]{clock: c, jobs: make(chan call[J], atOnce)}
	for index := range atOnce {
		do := with(index)
		calls.done.Go(func() { calls.serve(ctx, do, answered) })
	}
	return calls
}

func (c *Calls[J, A]) serve(ctx context.Context, do Do[J, A], answered func(group.Mark, A, int64)) {
	for {
		select {
		case <-ctx.Done():
			return
		case next := <-c.jobs:
			answer := do(ctx, next.job, time.Now().Add(c.clock.Until(next.deadlineUs)))
			answered(next.mark, answer, c.clock.NowUs())
		}
	}
}

// HasRoom is whether one more can be given.
func (c *Calls[J, A]) HasRoom() bool { return c.under < cap(c.jobs) }

// Give has a call made at the tick's end. There must be room.
func (c *Calls[J, A]) Give(m group.Mark, deadlineUs int64, job J) {
	c.under++
	c.given = append(c.given, call[J]{m, deadlineUs, job})
}

// Taken makes room again: the lane has the answer.
func (c *Calls[J, A]) Taken() { c.under-- }

// Release lets the tick's calls go.
func (c *Calls[J, A]) Release() {
	for _, each := range c.given {
		c.jobs <- each
	}
	c.given = c.given[:0]
}

// Wait returns when the goroutines have ended; their context must have.
func (c *Calls[J, A]) Wait() { c.done.Wait() }

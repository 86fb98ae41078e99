package swarm

import (
	"sync/atomic"
	"time"

	"hunt/native/k6/frames"
)

// clock counts microseconds since run second 0, and cannot go back: the wall clock has no part in it.
// Before the start is known it counts from its making.
type clock struct {
	made        time.Time
	monotonicUs func() (int64, bool)
	zeroUs      atomic.Int64 // run second 0, counted from `made`
}

func newClock() *clock { return &clock{made: time.Now(), monotonicUs: frames.MonotonicUs} }

// startAt sets run second 0 and must be called before the groups tick. Where processes share no clock but
// the wall clock, that one is read once, now.
func (c *clock) startAt(command frames.Command) {
	untilUs := command.AtUnixUs - time.Now().UnixMicro()
	if nowUs, shared := c.monotonicUs(); shared {
		untilUs = command.AtMonotonicUs - nowUs
	}
	c.zeroUs.Store(c.sinceMadeUs() + untilUs)
}

func (c *clock) sinceMadeUs() int64 { return time.Since(c.made).Microseconds() }

// startedUs is run second 0, counted from the making of the clock.
func (c *clock) startedUs() int64 { return c.zeroUs.Load() }

func (c *clock) nowUs() int64 { return c.sinceMadeUs() - c.zeroUs.Load() }

// until is how long it is from now to a moment of the run.
func (c *clock) until(atUs int64) time.Duration {
	return time.Duration(atUs-c.nowUs()) * time.Microsecond
}

package swarm

import (
	"sync/atomic"
	"time"
)

// clock counts microseconds since run second 0, and cannot go back: the wall clock is read once.
// Before the start is known it counts from its making.
type clock struct {
	made   time.Time
	zeroUs atomic.Int64 // run second 0, counted from `made`
}

func newClock() *clock { return &clock{made: time.Now()} }

// startAt sets run second 0 and must be called before the groups tick.
func (c *clock) startAt(unixUs int64) {
	c.zeroUs.Store(unixUs - c.made.UnixMicro())
}

// startUnixUs is the wall clock's moment of run second 0.
func (c *clock) startUnixUs() int64 { return c.made.UnixMicro() + c.zeroUs.Load() }

func (c *clock) nowUs() int64 { return time.Since(c.made).Microseconds() - c.zeroUs.Load() }

// until is how long it is from now to a moment of the run.
func (c *clock) until(atUs int64) time.Duration {
	return time.Duration(atUs-c.nowUs()) * time.Microsecond
}

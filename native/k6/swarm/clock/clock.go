// Package clock tells the time of a run.
package clock

import (
	"sync/atomic"
	"time"

	"hunt/native/k6/frames"
)

// Clock counts microseconds since run second 0, and cannot go back: the wall clock has no part in it.
// Before the start is known it counts from its making.
type Clock struct {
	made        time.Time
	monotonicUs func() (int64, bool)
	zeroUs      atomic.Int64 // run second 0, counted from `made`
}

// New makes a clock.
func New() *Clock { return &Clock{made: time.Now(), monotonicUs: frames.MonotonicUs} }

// StartAt sets run second 0 and must be called before the groups tick. Where processes share no clock but
// the wall clock, that one is read once, now.
func (c *Clock) StartAt(command frames.Command) {
	untilUs := command.AtUnixUs - time.Now().UnixMicro()
	if nowUs, shared := c.monotonicUs(); shared {
		untilUs = command.AtMonotonicUs - nowUs
	}
	c.zeroUs.Store(c.SinceMadeUs() + untilUs)
}

// SinceMadeUs counts from the making of the clock.
func (c *Clock) SinceMadeUs() int64 { return time.Since(c.made).Microseconds() }

// StartedUs is run second 0, counted from the making of the clock.
func (c *Clock) StartedUs() int64 { return c.zeroUs.Load() }

// NowUs counts from run second 0.
func (c *Clock) NowUs() int64 { return c.SinceMadeUs() - c.zeroUs.Load() }

// Until is how long it is from now to a moment of the run.
func (c *Clock) Until(atUs int64) time.Duration {
	return time.Duration(atUs-c.NowUs()) * time.Microsecond
}

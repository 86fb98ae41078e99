// Package monotonic reads the clock that all processes of a machine share and that nobody can set.
package monotonic

import "golang.org/x/sys/unix"

// NowUs is CLOCK_MONOTONIC in microseconds: what hunt's own axis is made of. A time.Time can't tell it:
// its monotonic reading counts from the start of its own process.
func NowUs() int64 {
	var now unix.Timespec
	// It fails for a clock that does not exist only, and every Linux has this one.
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	return now.Nano() / 1000
}

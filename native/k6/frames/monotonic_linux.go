package frames

import "golang.org/x/sys/unix"

// MonotonicUs reads the clock that all processes of a machine share and that nobody can set.
func MonotonicUs() (int64, bool) {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) != nil {
		return 0, false
	}
	return now.Nano() / 1000, true
}

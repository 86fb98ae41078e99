package clock

import (
	"testing"
	"time"

	"hunt/native/k6/frames"
)

func TestRunSecondZeroIsThatOfTheSharedClockWhereverTheWallClockWasSet(t *testing.T) {
	c := New()
	c.monotonicUs = func() (int64, bool) { return 7_000_000, true }
	// hunt named the moment before the wall clock was set back by 30 s.
	c.StartAt(frames.Command{AtUnixUs: time.Now().Add(30 * time.Second).UnixMicro(), AtMonotonicUs: 7_500_000})
	if until := c.Until(0); until < 400*time.Millisecond || until > 500*time.Millisecond {
		t.Errorf("run second 0 comes in %v, expected half a second", until)
	}
}

func TestWithoutASharedClockRunSecondZeroIsThatOfTheWallClock(t *testing.T) {
	c := New()
	c.monotonicUs = func() (int64, bool) { return 0, false }
	c.StartAt(frames.Command{AtUnixUs: time.Now().Add(time.Second).UnixMicro(), AtMonotonicUs: 7_500_000})
	if until := c.Until(0); until < 900*time.Millisecond || until > time.Second {
		t.Errorf("run second 0 comes in %v, expected a second", until)
	}
}

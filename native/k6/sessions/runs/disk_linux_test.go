package runs

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"hunt/native/k6/frames"
	"hunt/native/k6/sessions/fakebackend"
)

// fillDisk makes every further write to an open file fail as on a full disk: its descriptor is
// pointed at /dev/full.
func fillDisk(t *testing.T, path string) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Error(err)
		return
	}
	defer full.Close()
	entries, _ := filepath.Glob("/proc/self/fd/*")
	for _, entry := range entries {
		if target, _ := os.Readlink(entry); target == path {
			number, _ := strconv.Atoi(filepath.Base(entry))
			if err := syscall.Dup3(int(full.Fd()), number, syscall.O_CLOEXEC); err != nil {
				t.Error(err)
			}
			return
		}
	}
	t.Errorf("%s is not open", path)
}

func TestAFullDiskEndsTheRunAsFailed(t *testing.T) {
	t.Parallel()
	p := testPlan(t, []*fakebackend.Gateway{startGateway(t, time.Millisecond, nil)})
	p.DurationS = 30
	r := begin(t, p, frames.QueueLength)
	time.AfterFunc(300*time.Millisecond, func() { fillDisk(t, p.Ledger) })
	r.Follow(t)
	r.Groups.Wait()
	if r.End.Reason != frames.Failed || r.End.Error == "" || r.Failure == nil {
		t.Errorf("end %+v, failure %v", r.End, r.Failure)
	}
	if digs := r.Totals("sessions.dig"); digs.Intended != digs.OK+digs.Fail+digs.Unknown+digs.Dropped {
		t.Errorf("digs do not add up: %+v", digs)
	}
	records := readLedger(t, p.Ledger)
	if records[len(records)-1].Type == 255 {
		t.Error("the ledger is closed as if it were whole")
	}
}

package main

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"hunt/native/tools/monotonic"
)

const (
	syncEvery = 50 * time.Millisecond
	// stallFrom is five times what etcd advises for the p99 of its syncs (https://etcd.io/docs/v3.6/faq/).
	stallFrom = 50 * time.Millisecond
	// stallsKept bounds what is kept for a reader that does not come: more is not needed to see that it is bad.
	stallsKept = 100

	blockBytes = 4096
	// fileBytes bounds the file; from then on it is written from its beginning again.
	fileBytes = 16 << 20
)

// answer is what GET /disk tells of the syncs that ended since it was last asked.
type answer struct {
	Syncs  int     `json:"syncs"`
	MaxMs  float64 `json:"maxMs"`
	Stalls []stall `json:"stalls"`
}

// stall is a sync that took stallFrom or more.
type stall struct {
	// AtMonotonicMs is when it began, by the clock that all processes of the machine share.
	AtMonotonicMs float64 `json:"atMonotonicMs"`
	// ForMs is how long it took, by the monotonic clock, without the time in which it waited for a processor.
	ForMs float64 `json:"forMs"`
}

// probe times one sync after the other.
type probe struct {
	sync func() error
	// waited is how long the calling thread has been ready to run without a processor, since it began. A machine
	// whose processors are all busy must not look like a disk that stands still.
	waited func() time.Duration

	mu     sync.Mutex
	answer answer
	failed error
}

// syncer appends blocks to the file up to a size, and syncs each: like a log's, its syncs have metadata to write too.
func syncer(file *os.File, bound int64) func() error {
	block, offset := make([]byte, blockBytes), int64(0)
	return func() error {
		if _, err := file.WriteAt(block, offset); err != nil {
			return err
		}
		offset = (offset + blockBytes) % bound
		return unix.Fdatasync(int(file.Fd()))
	}
}

// waitedForProcessor reads the thread's account (proc(5), schedstat: its second number, in nanoseconds); 0 where
// the kernel keeps none.
func waitedForProcessor() time.Duration {
	text, err := os.ReadFile("/proc/thread-self/schedstat")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	waited, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(waited)
}

// watchUntil goes on after a failure, which is told to whoever asks until a sync succeeds.
func (p *probe) watchUntil(ctx context.Context) {
	// The account of its waiting is the thread's.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ticker := time.NewTicker(syncEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			before, began, beganUs := p.waited(), time.Now(), monotonic.NowUs()
			err := p.sync()
			took := time.Since(began)
			p.ended(beganUs, took-min(took, p.waited()-before), err)
		}
	}
}

func (p *probe) ended(beganUs int64, took time.Duration, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = err
	if err != nil {
		return
	}
	tookMs := float64(took.Microseconds()) / 1000
	p.answer.Syncs++
	p.answer.MaxMs = max(p.answer.MaxMs, tookMs)
	if took >= stallFrom && len(p.answer.Stalls) < stallsKept {
		p.answer.Stalls = append(p.answer.Stalls, stall{float64(beganUs) / 1000, tookMs})
	}
}

func (p *probe) take() (answer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil {
		return answer{}, p.failed
	}
	taken := p.answer
	if taken.Stalls == nil {
		taken.Stalls = []stall{}
	}
	p.answer = answer{}
	return taken, nil
}

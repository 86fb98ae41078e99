// Package swarmtest plays hunt's part for a swarm inside a test.
package swarmtest

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"hunt/native/k6/frames"
	"hunt/native/k6/plan"
	"hunt/native/k6/recorder"
	"hunt/native/k6/swarm"
)

// Run is a swarm that plays inside the test, and what it said.
type Run struct {
	Swarm   *swarm.Swarm
	Peer    *frames.Peer
	Seconds []frames.Second
	End     frames.End
	Failure error
	// Groups end when the swarm has.
	Groups sync.WaitGroup
}

// Open opens the swarm of a plan and reads its hello.
func Open(t *testing.T, p *plan.Plan, lanes []swarm.Lane, queueLength int) *Run {
	t.Helper()
	ours, theirs := net.Pipe()
	r := &Run{Peer: frames.NewPeer(theirs)}
	opened := make(chan struct{})
	go func() {
		defer close(opened)
		var err error
		if r.Swarm, err = swarm.OpenOn(frames.NewLink(ours, queueLength), p, lanes, func(err error) { r.Failure = err }); err != nil {
			t.Error(err)
		}
	}()
	var hello frames.Hello
	r.Expect(t, "hello", &hello)
	<-opened
	return r
}

// Begin starts a run and returns when its second 0 has begun.
func Begin(t *testing.T, p *plan.Plan, lanes []swarm.Lane, queueLength int) *Run {
	t.Helper()
	r := Open(t, p, lanes, queueLength)
	for i := range p.AllGroups() {
		r.Groups.Go(func() { _ = r.Swarm.Play(context.Background(), i) })
	}
	t.Cleanup(func() {
		r.Peer.Close()
		r.Groups.Wait()
		_ = r.Swarm.Close(10 * time.Second)
	})
	var ready frames.Ready
	r.Expect(t, "ready", &ready)
	if err := r.Peer.Send(frames.StartIn(0)); err != nil {
		t.Fatal(err)
	}
	return r
}

// Expect reads the next message, which has to be of a type.
func (r *Run) Expect(t *testing.T, want string, into any) {
	t.Helper()
	err := r.Peer.Read(func(got string) any {
		if got != want {
			t.Fatalf("message %q, want %q", got, want)
		}
		return into
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Follow reads frames until the end.
func (r *Run) Follow(t *testing.T) {
	for {
		var second frames.Second
		kind := ""
		err := r.Peer.Read(func(got string) any {
			if kind = got; got == "end" {
				return &r.End
			}
			return &second
		})
		if err != nil {
			t.Errorf("no end frame: %v", err)
			return
		}
		if kind == "end" {
			return
		}
		r.Seconds = append(r.Seconds, second)
	}
}

// Totals of an action in the whole run.
func (r *Run) Totals(action string) recorder.Counts {
	for _, c := range r.End.Totals {
		if c.Action == action {
			return c
		}
	}
	return recorder.Counts{}
}

// Histogram adds a series up over all frames and those seconds that pass.
func (r *Run) Histogram(t *testing.T, series string, in func(second int) bool) *hdrhistogram.Histogram {
	t.Helper()
	sum := hdrhistogram.New(1, 120_000_000, 3)
	for _, frame := range r.Seconds {
		for _, h := range frame.Histograms {
			if h.Series != series || !in(h.Second) {
				continue
			}
			decoded, err := hdrhistogram.Decode([]byte(h.HDR))
			if err != nil {
				t.Fatal(err)
			}
			sum.Merge(decoded)
		}
	}
	return sum
}

// Always passes every second.
func Always(int) bool { return true }

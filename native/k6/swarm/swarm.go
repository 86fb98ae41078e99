// Package swarm plays the players of one generator (docs/swarm-protocol.md): it waits at the
// barrier with hunt, lets the groups of all lanes play, and reports every second what changed.
//
//	hunt ──start, stop──▶ Swarm ──▶ group (tick) ──▶ the lane's traffic ──▶ outlets ──▶ nodes
//	     ◀──frames── recorder ◀──┘      │
//	                          the lane's ledger.bin
package swarm

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"hunt/native/k6/frames"
	"hunt/native/k6/plan"
	"hunt/native/k6/recorder"
	"hunt/native/k6/swarm/clock"
	"hunt/native/k6/swarm/group"
)

const (
	connectWithin = 30 * time.Second
	startWithin   = 60 * time.Second
	// abandonedDrain bounds the drain when hunt or k6 has gone.
	abandonedDrain = 2 * time.Second
	endWithin      = 5 * time.Second
)

// Swarm is one generator's part in one run.
type Swarm struct {
	plan      *plan.Plan
	weights   []float64
	clock     *clock.Clock
	run       group.Run
	lanes     []*playing
	recorder  *recorder.Recorder
	link      *frames.Link
	onFailure func(error)

	connects sync.WaitGroup // groups that are not connected yet
	playing  sync.WaitGroup // groups that have not ended yet
	ended    atomic.Int64   // groups that have
	arrive   sync.Once
	arrived  chan struct{} // the first group has come
	started  chan struct{} // the groups may play
	done     chan struct{} // the end frame is out
	frames   int

	mu       sync.Mutex
	halted   chan struct{} // closed when a stop was asked for
	cutShort bool          // ... before the plan's end
	err      error
}

// Open connects to hunt and says hello. Lanes are those that the generator has built in. onFailure is told, before
// any Play returns, why the run cannot be finished.
func Open(p *plan.Plan, lanes []Lane, target string, onFailure func(error)) (*Swarm, error) {
	link, err := frames.Dial(target)
	if err != nil {
		return nil, err
	}
	return OpenOn(link, p, lanes, onFailure)
}

// OpenOn is Open over a connection that is there.
func OpenOn(link *frames.Link, p *plan.Plan, lanes []Lane, onFailure func(error)) (*Swarm, error) {
	s := &Swarm{
		plan: p, weights: plan.Activity(p), clock: clock.New(), link: link, onFailure: onFailure,
		arrived: make(chan struct{}), started: make(chan struct{}), halted: make(chan struct{}), done: make(chan struct{}),
	}
	var actions []recorder.Action
	var err error
	if s.lanes, actions, err = openLanes(s, lanes); err != nil {
		return nil, errors.Join(err, link.Close(0))
	}
	s.recorder = recorder.New(p.Seconds(), actions, p.NetworkNames())
	s.run.StopAtUs.Store(math.MaxInt64)
	s.run.EndAtUs.Store(math.MaxInt64)
	s.connects.Add(p.AllGroups())
	s.playing.Add(p.AllGroups())
	hello := frames.Hello{Type: "hello", Version: frames.Version, PID: os.Getpid(), Generator: p.Generator, Groups: p.AllGroups()}
	if err := link.Send(hello, endWithin); err != nil {
		return nil, errors.Join(err, link.Close(0))
	}
	go s.conduct()
	return s, nil
}

// Play plays one group and returns when the whole swarm has ended. It is called once for each
// group of each lane, all at the same time. When ctx ends, the drain is short.
func (s *Swarm) Play(ctx context.Context, index int) error {
	if index < 0 || index >= s.plan.AllGroups() {
		return fmt.Errorf("hunt: group %d, expected 0 to %d", index, s.plan.AllGroups()-1)
	}
	s.arrive.Do(func() { close(s.arrived) })
	stopWatching := context.AfterFunc(ctx, func() { s.stop(abandonedDrain) })
	defer stopWatching()
	s.playGroup(index)
	<-s.done
	return s.failure()
}

func (s *Swarm) playGroup(index int) {
	defer s.groupEnded()
	lane := s.lanes[index/s.plan.Groups]
	g := s.group(lane, index%s.plan.Groups)
	defer g.Close()
	// The connections outlive the caller's context: the drain needs them.
	if err := g.Connect(context.Background(), s.halted, connectWithin); err != nil {
		s.fail(fmt.Errorf("hunt: group %d of %s: %w", index%s.plan.Groups, lane.ID, err))
	}
	s.connects.Done()
	select {
	case <-s.started:
	case <-s.halted:
		return
	}
	if err := g.Play(lane.ledger); err != nil {
		s.fail(err)
	}
}

func (s *Swarm) groupEnded() {
	s.ended.Add(1)
	s.playing.Done()
}

// Close stops what still plays, waits for the end and closes the connection to hunt.
func (s *Swarm) Close(within time.Duration) error {
	s.stop(abandonedDrain)
	select {
	case <-s.done:
	case <-time.After(within):
		s.fail(fmt.Errorf("hunt: the swarm has not ended after %v", within))
	}
	return errors.Join(s.failure(), s.link.Close(endWithin))
}

// stop lets nothing new begin and gives up what is still open after `drain`.
func (s *Swarm) stop(drain time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	nowUs := s.clock.NowUs()
	s.run.EndAtUs.Store(min(s.run.EndAtUs.Load(), nowUs+drain.Microseconds()))
	s.run.StopAtUs.Store(min(s.run.StopAtUs.Load(), nowUs))
	select {
	case <-s.halted:
	default:
		// With nobody left to play there is nothing to cut: the last action may end before the plan.
		s.cutShort = nowUs < s.plan.DurationUs() && s.ended.Load() < int64(s.plan.AllGroups())
		close(s.halted)
	}
}

// fail ends the run at once; the first reason is kept.
func (s *Swarm) fail(err error) {
	s.mu.Lock()
	if s.err == nil {
		s.err = err
	}
	s.mu.Unlock()
	s.stop(0)
}

func (s *Swarm) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *Swarm) wasCutShort() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cutShort
}

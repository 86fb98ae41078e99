// Package swarm plays the players of one generator (docs/swarm-protocol.md): it waits at the
// barrier with hunt, lets its groups play, and reports every second what changed.
//
//	hunt ──start, stop──▶ Swarm ──▶ group (tick) ──▶ streams ──▶ gateways
//	     ◀──frames── recorder ◀──┘      │       └──▶ reads  ──▶ proxies
//	                                 ledger.bin
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
	"hunt/native/k6/ledger"
	"hunt/native/k6/plan"
	"hunt/native/k6/recorder"
	"hunt/native/k6/sessions/sessionplan"
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
	shared
	link      *frames.Link
	whole     *plan.Plan
	ledger    *ledger.Ledger // set before started is closed
	onFailure func(error)

	connects sync.WaitGroup // groups that are not connected yet
	playing  sync.WaitGroup // groups that have not ended yet
	ended    atomic.Int64   // groups that have
	arrive   sync.Once
	arrived  chan struct{} // the first group has come
	started  chan struct{} // the groups may play
	done     chan struct{} // the end frame is out
	frames   int

	timetable  sync.Once
	timetables [][]due // by player; only of plain players

	mu       sync.Mutex
	halted   chan struct{} // closed when a stop was asked for
	cutShort bool          // ... before the plan's end
	err      error
}

// Open connects to hunt and says hello. onFailure is told, before any Play returns, why the run
// cannot be finished.
func Open(p *plan.Plan, target string, onFailure func(error)) (*Swarm, error) {
	link, err := frames.Dial(target)
	if err != nil {
		return nil, err
	}
	return open(p, link, onFailure)
}

func open(whole *plan.Plan, link *frames.Link, onFailure func(error)) (*Swarm, error) {
	if len(whole.Lanes) != 1 || whole.Lanes[0].ID != sessionplan.ID {
		return nil, errors.Join(fmt.Errorf("hunt: a plan of other lanes than %s", sessionplan.ID), link.Close(0))
	}
	lane := &whole.Lanes[0]
	p, err := sessionplan.Of(whole, lane)
	if err != nil {
		return nil, errors.Join(err, link.Close(0))
	}
	var actions []recorder.Action
	for _, name := range sessionplan.ActionNames {
		actions = append(actions, recorder.Action{Name: lane.ID + "." + name, TimeoutUs: lane.TimeoutUs(name)})
	}
	s := &Swarm{
		shared: shared{
			plan: p, weights: plan.Activity(whole), clock: newClock(), recorder: recorder.New(p.Seconds(), actions, p.NetworkNames()),
			timeoutUs: [2]int64{actions[0].TimeoutUs, actions[1].TimeoutUs},
		},
		whole: whole, link: link, onFailure: onFailure,
		arrived: make(chan struct{}), started: make(chan struct{}), halted: make(chan struct{}), done: make(chan struct{}),
	}
	s.stopAtUs.Store(math.MaxInt64)
	s.endAtUs.Store(math.MaxInt64)
	s.connects.Add(p.Groups)
	s.playing.Add(p.Groups)
	hello := frames.Hello{Type: "hello", Version: frames.Version, PID: os.Getpid(), Generator: p.Generator, Groups: p.Groups}
	if err := link.Send(hello, endWithin); err != nil {
		return nil, errors.Join(err, link.Close(0))
	}
	go s.conduct()
	return s, nil
}

// Play plays one group and returns when the whole swarm has ended. It is called once for each
// group, all at the same time. When ctx ends, the drain is short.
func (s *Swarm) Play(ctx context.Context, index int) error {
	if index < 0 || index >= s.plan.Groups {
		return fmt.Errorf("hunt: group %d, expected 0 to %d", index, s.plan.Groups-1)
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
	g := newGroup(&s.shared, index)
	// The connections outlive the caller's context: the drain needs them.
	err := g.connect(context.Background())
	defer g.close()
	if err == nil {
		err = g.awaitGateways(s.halted, connectWithin)
	}
	if err != nil {
		s.fail(fmt.Errorf("hunt: group %d: %w", index, err))
	}
	s.connects.Done()
	select {
	case <-s.started:
	case <-s.halted:
		return
	}
	g.ledger = s.ledger
	if err := g.play(); err != nil {
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
	nowUs := s.clock.nowUs()
	s.endAtUs.Store(min(s.endAtUs.Load(), nowUs+drain.Microseconds()))
	s.stopAtUs.Store(min(s.stopAtUs.Load(), nowUs))
	select {
	case <-s.halted:
	default:
		// With nobody left to play there is nothing to cut: the last action may end before the plan.
		s.cutShort = nowUs < s.plan.DurationUs() && s.ended.Load() < int64(s.plan.Groups)
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

// Package group plays a part of the players in one lane: it keeps the time, takes what arrives, has one action of
// an actor under way, times out, sends again, records, and writes the ledger before anything is sent. What the
// actions are, and how they are sent, is the lane's Traffic.
package group

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"hunt/native/k6/ledger"
	"hunt/native/k6/plan"
	"hunt/native/k6/recorder"
	"hunt/native/k6/swarm/clock"
	"hunt/native/k6/swarm/queue"
)

const (
	// tickEvery is how often a group looks while it has something open or due; idleTick is the
	// longest it sleeps otherwise.
	tickEvery = time.Millisecond
	idleTick  = 10 * time.Millisecond
)

// never is a moment before every run.
const never = -1 << 62

// Run is what all groups of a swarm share.
type Run struct {
	// StopAtUs is the moment from which no arrival counts, EndAtUs the one at which open actions
	// are given up. Both are lowered when the run is stopped.
	StopAtUs, EndAtUs atomic.Int64
	// Resent and Reconnects are totals.
	Resent, Reconnects atomic.Int64
}

// Config says what a group is.
type Config struct {
	Plan *plan.Plan
	// Index among the groups of its lane.
	Index int
	// Actions of the lane, and their timeouts.
	Actions    []Action
	TimeoutsUs []int64
	Book       recorder.Book
	Clock      *clock.Clock
	Run        *Run
}

// Group is a part of the players. One goroutine owns everything here: it ticks, and nothing in a
// tick waits for a peer.
type Group struct {
	table
	Config
	// Members are the indexes of the players in the plan, by place.
	Members  []int32
	places   []int32 // the other way round
	traffic  Traffic
	outlets  []Outlet
	ledger   *ledger.Ledger
	actors   []actor
	timeouts []queue.FIFO[Mark] // by action, in order of intended start
	ready    queue.FIFO[Mark]   // to be sent in this tick
	backing  [len(resendAfterUs)]queue.FIFO[backed]
	records  []byte // for the ledger
}

// actor has one action under way.
type actor struct {
	current int32
	head    int32 // further ones that are due
	tail    int32
}

// New makes a group; the lane gives it its traffic with SetTraffic.
func New(c Config) *Group {
	members := c.Plan.Members(c.Index)
	places := make([]int32, c.Plan.MaxPlayers())
	for player := range places {
		places[player] = None
	}
	for place, player := range members {
		places[player] = int32(place)
	}
	return &Group{
		table: table{free: None}, Config: c, Members: members, places: places,
		timeouts: make([]queue.FIFO[Mark], len(c.Actions)),
	}
}

// SetTraffic gives the group what it plays, before it connects.
func (g *Group) SetTraffic(traffic Traffic) { g.traffic = traffic }

// AddOutlet has the group release an outlet after each tick's records are in the ledger.
func (g *Group) AddOutlet(outlet Outlet) { g.outlets = append(g.outlets, outlet) }

// AddActor makes room for an actor.
func (g *Group) AddActor() int32 {
	g.actors = append(g.actors, actor{None, None, None})
	return int32(len(g.actors) - 1)
}

// Connect returns when all that the lane talks to is connected, or when it is told to give up.
func (g *Group) Connect(ctx context.Context, halted <-chan struct{}, within time.Duration) error {
	if err := g.traffic.Connect(ctx); err != nil {
		return err
	}
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	deadline := time.After(within)
	for {
		g.traffic.Listen(g.Clock.NowUs())
		missing := g.traffic.Missing()
		if missing == "" {
			return nil
		}
		select {
		case <-halted:
			return nil
		case <-deadline:
			return fmt.Errorf("no stream to %s after %v", missing, within)
		case <-ticker.C:
		}
	}
}

// Close ends the lane's connections.
func (g *Group) Close() { g.traffic.Close() }

// Play ticks until nothing is open and nothing more is due. An error of the ledger ends it at once.
func (g *Group) Play(l *ledger.Ledger) error {
	g.ledger = l
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		<-timer.C
		nowUs := g.Clock.NowUs()
		if err := g.tick(nowUs); err != nil {
			g.giveUp(nowUs)
			return err
		}
		dueUs, more := g.traffic.NextAtUs()
		if (!more || dueUs >= g.Run.StopAtUs.Load()) && g.actions == 0 {
			return g.finish(nowUs)
		}
		if nowUs >= g.Run.EndAtUs.Load() {
			g.giveUp(nowUs)
			return g.finish(nowUs)
		}
		nextUs := nowUs + tickEvery.Microseconds()
		if g.actions == 0 && more {
			nextUs = max(nextUs, min(dueUs, nowUs+idleTick.Microseconds()))
		}
		timer.Reset(g.Clock.Until(nextUs))
	}
}

func (g *Group) tick(nowUs int64) error {
	g.traffic.Listen(nowUs)
	g.expire(nowUs)
	g.resendDue(nowUs)
	g.traffic.Serve(nowUs)
	g.startReady(nowUs)
	g.admitDue(nowUs)
	g.traffic.Tick(nowUs)
	return g.flush()
}

// flush writes the tick's attempts and outcomes to the ledger, and only then lets go what is to be sent.
func (g *Group) flush() error {
	if len(g.records) > 0 {
		err := g.ledger.Write(g.records)
		g.records = g.records[:0]
		if err != nil {
			return err
		}
	}
	for _, outlet := range g.outlets {
		outlet.Release()
	}
	return nil
}

// giveUp ends everything that is open as it stands.
func (g *Group) giveUp(nowUs int64) {
	g.Run.StopAtUs.Store(never)
	for action := range g.timeouts {
		for open := &g.timeouts[action]; open.Len() > 0; {
			if e := g.Find(open.First()); e != nil {
				g.unanswered(open.First().Index, nowUs)
				continue
			}
			open.Pop()
		}
	}
}

func (g *Group) finish(nowUs int64) error {
	g.traffic.Finish(nowUs)
	return g.flush()
}

package swarm

import (
	"context"
	"fmt"

	"hunt/native/k6/recorder"
	"hunt/native/k6/swarm/clock"
)

// Scripted is a group that JavaScript plays: it takes part in the barrier and the end as any other, and what it
// says is in frames and ledger.
type Scripted struct {
	Index int
	Book  recorder.Book
	Clock *clock.Clock
	Play  Play

	swarm *Swarm
	lane  *playing
}

// Script gives JavaScript what a lane's script of that name makes of the group with an index.
func (s *Swarm) Script(ctx context.Context, name string, index int) (any, error) {
	for _, lane := range s.lanes {
		script := lane.Scripts[name]
		if script == nil {
			continue
		}
		if index < 0 || index >= s.plan.Groups {
			return nil, fmt.Errorf("hunt: %s %d, expected 0 to %d", name, index, s.plan.Groups-1)
		}
		made, err := script(ctx, &Scripted{
			Index: index, Book: s.recorder.Book(lane.first, 0), Clock: s.clock, Play: lane.play, swarm: s, lane: lane,
		})
		if err == nil {
			s.arrive.Do(func() { close(s.arrived) })
		}
		return made, err
	}
	return nil, fmt.Errorf("hunt: no lane of the plan has the script %s", name)
}

// Connected says, once, that the group has what it needs.
func (p *Scripted) Connected() { p.swarm.connects.Done() }

// Await returns at the start; false if the run was stopped before.
func (p *Scripted) Await() bool {
	select {
	case <-p.swarm.started:
		return true
	case <-p.swarm.halted:
		return false
	}
}

// Started is whether the run has begun.
func (p *Scripted) Started() bool {
	select {
	case <-p.swarm.started:
		return true
	default:
		return false
	}
}

// Write appends to the lane's ledger.
func (p *Scripted) Write(records []byte) error { return p.lane.ledger.Write(records) }

// StopAtUs is the moment from which nothing new begins.
func (p *Scripted) StopAtUs() int64 { return p.swarm.run.StopAtUs.Load() }

// Resent and Reconnected count for the frames.
func (p *Scripted) Resent() { p.swarm.run.Resent.Add(1) }

// Reconnected counts a stream that was opened again.
func (p *Scripted) Reconnected() { p.swarm.run.Reconnects.Add(1) }

// Fail ends the whole run.
func (p *Scripted) Fail(err error) { p.swarm.fail(err) }

// CutOff is for a script that k6 ends: the whole run drains shortly.
func (p *Scripted) CutOff() { p.swarm.stop(abandonedDrain) }

// Ended says, once, that the group's part is over.
func (p *Scripted) Ended() { p.swarm.groupEnded() }

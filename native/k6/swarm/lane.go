package swarm

import (
	"context"
	"fmt"
	"slices"

	"hunt/native/k6/frames"
	"hunt/native/k6/ledger"
	"hunt/native/k6/plan"
	"hunt/native/k6/recorder"
	"hunt/native/k6/swarm/clock"
	"hunt/native/k6/swarm/group"
)

// Lane is a kind of traffic that a generator can play. What is built in is listed in hunt/native/k6/lanes.
type Lane struct {
	ID      string
	Actions []group.Action
	// Layout of the lane's records in its ledger.
	Layout ledger.Layout
	// Open checks the lane's part of a plan, and begins to play it.
	Open func(Setting) (Play, error)
	// Scripts are what a script of k6 may ask the lane for, by name: a part of its traffic that JavaScript plays.
	Scripts map[string]Script
}

// Setting is what a lane plays, and in which company.
type Setting struct {
	Plan *plan.Plan
	Lane *plan.Lane
	// Weights are the running sum of the players' activities (plan.Activity).
	Weights []float64
	Clock   *clock.Clock
	Run     *group.Run
}

// Play is a lane in one run.
type Play interface {
	// Traffic is what a group of the lane does.
	Traffic(g *group.Group) group.Traffic
	// Report says what the lane counted so far, and what it compared since the last time.
	Report() frames.Lane
}

// Script gives JavaScript the part with an index.
type Script func(ctx context.Context, part *Scripted) (any, error)

// playing is a lane of this swarm's plan.
type playing struct {
	Lane
	plan       *plan.Lane
	play       Play
	first      int // of its actions among those of all lanes
	timeoutsUs []int64
	ledger     *ledger.Ledger // set before started is closed
}

// openLanes finds the lanes of a plan among those that are built in, and has each check its part.
func openLanes(s *Swarm, known []Lane) ([]*playing, []recorder.Action, error) {
	var all []*playing
	var actions []recorder.Action
	for index := range s.plan.Lanes {
		of := &s.plan.Lanes[index]
		at := slices.IndexFunc(known, func(lane Lane) bool { return lane.ID == of.ID })
		if at < 0 {
			return nil, nil, fmt.Errorf("hunt: the plan has lane %q, which this generator does not have", of.ID)
		}
		lane := &playing{Lane: known[at], plan: of, first: len(actions)}
		if len(of.Actions) != len(lane.Actions) {
			return nil, nil, fmt.Errorf("hunt: the plan has %d actions of lane %s, expected %d", len(of.Actions), of.ID, len(lane.Actions))
		}
		for _, action := range lane.Actions {
			timeoutUs := of.TimeoutUs(action.Name)
			if timeoutUs == 0 {
				return nil, nil, fmt.Errorf("hunt: the plan has no action %s.%s", of.ID, action.Name)
			}
			lane.timeoutsUs = append(lane.timeoutsUs, timeoutUs)
			actions = append(actions, recorder.Action{Name: of.ID + "." + action.Name, TimeoutUs: timeoutUs})
		}
		play, err := lane.Open(Setting{Plan: s.plan, Lane: of, Weights: s.weights, Clock: s.clock, Run: &s.run})
		if err != nil {
			return nil, nil, fmt.Errorf("hunt: lane %s: %w", of.ID, err)
		}
		lane.play = play
		all = append(all, lane)
	}
	return all, actions, uniqueCounters(all)
}

// uniqueCounters holds lanes to counters of different names, since a recording has them side by side.
func uniqueCounters(all []*playing) error {
	owners := map[string]string{}
	for _, lane := range all {
		for name := range lane.play.Report().Counters {
			if owner, taken := owners[name]; taken {
				return fmt.Errorf("hunt: lanes %s and %s both count %q", owner, lane.ID, name)
			}
			owners[name] = lane.ID
		}
	}
	return nil
}

// group makes the group of the lane with an index.
func (s *Swarm) group(lane *playing, index int) *group.Group {
	g := group.New(group.Config{
		Plan: s.plan, Index: index, Actions: lane.Actions, TimeoutsUs: lane.timeoutsUs,
		Book: s.recorder.Book(lane.first, index), Clock: s.clock, Run: &s.run,
	})
	g.SetTraffic(lane.play.Traffic(g))
	return g
}

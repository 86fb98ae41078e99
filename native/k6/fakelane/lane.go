// Package fakelane is a lane of the tests: players that mark and look at an in-memory tally
// (test/fake-lane/README.md). It shows that a lane is a folder and a line in a list; no generator that ships has it.
package fakelane

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	"hunt/native/k6/frames"
	"hunt/native/k6/ledger"
	"hunt/native/k6/plan"
	"hunt/native/k6/swarm"
	"hunt/native/k6/swarm/group"
)

// ID of the lane.
const ID = "tally"

// The lane's actions.
const (
	mark uint8 = iota
	look
)

// Lane is for lists of tests.
var Lane = swarm.Lane{
	ID:      ID,
	Actions: []group.Action{mark: {Name: "mark"}, look: {Name: "look", Read: true}},
	Layout:  ledger.Layout{Name: "tly1", PayloadSize: 8},
	Open:    open,
}

// play is the lane in one run.
type play struct {
	swarm.Setting
	readRatio float64
}

func open(s swarm.Setting) (swarm.Play, error) {
	var settings struct{ ReadRatio float64 }
	if err := json.Unmarshal(s.Lane.Settings, &settings); err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	if !(settings.ReadRatio >= 0 && settings.ReadRatio <= 1) {
		return nil, fmt.Errorf("readRatio is %v, expected 0 to 1", settings.ReadRatio)
	}
	if len(s.Lane.Targets["services"]) != 1 {
		return nil, fmt.Errorf("%d services, expected 1", len(s.Lane.Targets["services"]))
	}
	return &play{s, settings.ReadRatio}, nil
}

// Report has nothing to say but the actions.
func (p *play) Report() frames.Lane {
	return frames.Lane{Counters: map[string]int64{}, Compared: []frames.Compared{}, Findings: []frames.Finding{}}
}

// arrivals are marks, some of them accompanied by a look of the same player.
type arrivals struct {
	play    *play
	process *plan.Process
	picks   plan.Random
	reads   plan.Random
	next    plan.Arrival
	more    bool
}

func newArrivals(p *play) *arrivals {
	a := &arrivals{
		play: p, process: plan.NewProcess(p.Plan, p.Lane.Rate, p.Weights, ID+"."),
		picks: plan.NewRandom(p.Plan.Seed, ID+".players"), reads: plan.NewRandom(p.Plan.Seed, ID+".reads"),
	}
	a.draw()
	return a
}

// Next is the one that is due by untilUs.
func (a *arrivals) Next(untilUs int64) (plan.Arrival, bool) {
	if !a.more || a.next.AtUs > untilUs {
		return plan.Arrival{}, false
	}
	arrival := a.next
	if arrival.Action == mark && a.reads.Float64() < a.play.readRatio {
		a.next.Action = look
	} else {
		a.draw()
	}
	return arrival, true
}

// NextAtUs is when that is.
func (a *arrivals) NextAtUs() (int64, bool) { return a.next.AtUs, a.more }

func (a *arrivals) draw() {
	atS, more := a.process.Next()
	a.more = more
	if more {
		a.next = plan.Arrival{AtUs: a.process.AtUs(atS), Player: a.process.Pick(&a.picks, atS), Action: mark}
	}
}

// appendPayload is the revision of an answer and 4 bytes of nothing.
func appendPayload(buffer []byte, revision uint32) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(buffer, revision), 0)
}

package sessionplan

import (
	"math"

	"hunt/native/k6/plan"
)

// Arrivals draws the plan's digs, each with the reads that accompany it, in order of time.
type Arrivals struct {
	plan    *Plan
	process *plan.Process
	picks   plan.Random
	reads   plan.Random
	bits    plan.Random
	queued  []plan.Arrival // reads that accompany the last dig
	paired  bool           // the last dig was the second one of a pair
	last    plan.Arrival   // the last dig
	dug     []bool         // players that have dug before
	next    plan.Arrival
	more    bool
}

// NewArrivals starts at run second 0. The weights are those of plan.Activity; groups share them.
func NewArrivals(p *Plan, weight []float64) *Arrivals {
	a := &Arrivals{
		plan:    p,
		process: plan.NewProcess(&p.Plan, p.Rate, weight, ""),
		picks:   plan.NewRandom(p.Seed, "players"),
		reads:   plan.NewRandom(p.Seed, "reads"),
		bits:    plan.NewRandom(p.Seed, "operations"),
		dug:     make([]bool, p.MaxPlayers()),
	}
	a.draw()
	return a
}

// Next returns the next arrival that is due by untilUs, in order of time.
func (a *Arrivals) Next(untilUs int64) (plan.Arrival, bool) {
	if !a.more || a.next.AtUs > untilUs {
		return plan.Arrival{}, false
	}
	arrival := a.next
	a.draw()
	return arrival, true
}

// NextAtUs is when the next arrival is due; false after the last one.
func (a *Arrivals) NextAtUs() (int64, bool) { return a.next.AtUs, a.more }

func (a *Arrivals) draw() {
	if len(a.queued) > 0 {
		a.next, a.queued = a.queued[0], a.queued[1:]
		return
	}
	atS, more := a.process.Next()
	a.more = more
	if !more {
		return
	}
	atUs := a.process.AtUs(atS)
	a.next = a.dig(atUs, a.process.Pick(&a.picks, atS), atS)
	whole, part := math.Modf(a.plan.ReadRatio)
	reads := int(whole)
	if a.reads.Float64() < part {
		reads++
	}
	a.queued = a.queued[:0]
	for range reads {
		a.queued = append(a.queued, a.read(atUs, a.process.Pick(&a.reads, atS)))
	}
}

// dig gives an arrival to the player that was picked, unless it is the second one of a pair: a player
// with two devices is given the next arrival as well, for its other device, so that both act at once.
// A player's first dig opens its session, and stays alone.
func (a *Arrivals) dig(atUs int64, picked int, atS float64) plan.Arrival {
	dig := plan.Arrival{AtUs: atUs, Player: picked, Action: Dig, Bits: a.bits.Uint64()}
	last := a.last.Player
	pairs := a.last.Device > 0 && !a.paired && a.plan.TwoDevices(last) && last < a.process.Active(atS)
	if pairs {
		dig.Player, dig.Device = last, 3-a.last.Device
	} else {
		dig.Device = anyDevice(dig.Bits)
	}
	a.paired, a.last = pairs, dig
	if !a.dug[dig.Player] {
		a.dug[dig.Player], a.paired = true, true
	}
	return dig
}

func (a *Arrivals) read(atUs int64, picked int) plan.Arrival {
	bits := a.reads.Uint64()
	return plan.Arrival{AtUs: atUs, Player: picked, Device: anyDevice(bits), Action: Read, Bits: bits}
}

// anyDevice takes a bit that operations are not made of.
func anyDevice(bits uint64) uint8 { return 1 + uint8(bits>>32&1) }

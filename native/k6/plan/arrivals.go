package plan

import (
	"math"
	"sort"
)

// Arrival is the intended start of an action.
type Arrival struct {
	AtUs   int64 // since run second 0
	Player int
	// Device is the one, 1 or 2, that a player with two does it on.
	Device uint8
	Read   bool
	// Bits are 64 random bits from which the operation is made.
	Bits uint64
}

// Arrivals draws the plan's arrivals in order of time: a Poisson process whose rate is the curve.
// Arrival k is where the integrated rate reaches the sum of k+1 unit exponentials, so neither
// number nor times depend on players, groups or on when they are asked for.
type Arrivals struct {
	plan     *Plan
	segments []segment
	at       int     // current segment
	used     float64 // area used up in it
	times    Random
	picks    Random
	reads    Random
	bits     Random
	// weight[i] is the summed activity of players 0..i.
	weight []float64
	queued []Arrival // reads that accompany the last dig
	paired bool      // the last dig was the second one of a pair
	last   Arrival   // the last dig
	dug    []bool    // players that have dug before
	next   Arrival
	more   bool
}

// NewArrivals starts at run second 0. The weights are those of Activity; groups share them.
func NewArrivals(p *Plan, weight []float64) *Arrivals {
	a := &Arrivals{
		plan:     p,
		segments: p.Rate.segments(p.DurationS),
		times:    NewRandom(p.Seed, "arrivals"),
		picks:    NewRandom(p.Seed, "players"),
		reads:    NewRandom(p.Seed, "reads"),
		bits:     NewRandom(p.Seed, "operations"),
		weight:   weight,
		dug:      make([]bool, p.MaxPlayers()),
	}
	a.draw()
	return a
}

// Next returns the next arrival that is due by untilUs, in order of time.
func (a *Arrivals) Next(untilUs int64) (Arrival, bool) {
	if !a.more || a.next.AtUs > untilUs {
		return Arrival{}, false
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
	atS, more := a.advance()
	a.more = more
	if !more {
		return
	}
	// The tick counts in whole microseconds; rounding down keeps every arrival before durationS.
	atUs := min(int64(atS*1e6), a.plan.DurationUs()-1)
	a.next = a.dig(atUs, a.pick(&a.picks, atS), atS)
	whole, part := math.Modf(a.plan.ReadRatio)
	reads := int(whole)
	if a.reads.Float64() < part {
		reads++
	}
	a.queued = a.queued[:0]
	for range reads {
		a.queued = append(a.queued, a.read(atUs, a.pick(&a.reads, atS)))
	}
}

// dig gives an arrival to the player that was picked, unless it is the second one of a pair: a player
// with two devices is given the next arrival as well, for its other device, so that both act at once.
// A player's first dig opens its session, and stays alone.
func (a *Arrivals) dig(atUs int64, picked int, atS float64) Arrival {
	dig := Arrival{AtUs: atUs, Player: picked, Bits: a.bits.Uint64()}
	last := a.last.Player
	pairs := a.last.Device > 0 && !a.paired && a.plan.TwoDevices(last) && last < a.active(atS)
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

func (a *Arrivals) read(atUs int64, picked int) Arrival {
	bits := a.reads.Uint64()
	return Arrival{AtUs: atUs, Player: picked, Device: anyDevice(bits), Read: true, Bits: bits}
}

// anyDevice takes a bit that operations are not made of.
func anyDevice(bits uint64) uint8 { return 1 + uint8(bits>>32&1) }

// advance moves one unit exponential along the integrated rate.
func (a *Arrivals) advance() (float64, bool) {
	step := a.times.Exponential()
	for a.at < len(a.segments) {
		s := a.segments[a.at]
		if a.used+step <= s.area() {
			a.used += step
			return s.solve(a.used), true
		}
		step -= s.area() - a.used
		a.used = 0
		a.at++
	}
	return 0, false
}

// pick draws one of the players that are active at a moment, in proportion to their activity.
func (a *Arrivals) pick(random *Random, atS float64) int {
	active := a.active(atS)
	target := random.Float64() * a.weight[active-1]
	return min(active-1, sort.Search(active, func(i int) bool { return a.weight[i] > target }))
}

// active is how many players are there at a moment.
func (a *Arrivals) active(atS float64) int {
	return min(len(a.weight), max(1, int(a.plan.Players.At(atS))))
}

// Activity is the running sum of the players' lognormal activities (mean 1, sigma `skew`).
func Activity(p *Plan) []float64 {
	random := NewRandom(p.Seed, "activity")
	sums := make([]float64, p.MaxPlayers())
	sum := 0.0
	for i := range sums {
		sum += math.Exp(p.Skew*random.Normal() - p.Skew*p.Skew/2)
		sums[i] = sum
	}
	return sums
}

package plan

import (
	"math"
	"sort"
)

// Process draws the moments of a lane's arrivals: a Poisson process whose rate is the curve.
// Arrival k is where the integrated rate reaches the sum of k+1 unit exponentials, so neither
// number nor times depend on players, groups or on when they are asked for.
type Process struct {
	plan     *Plan
	segments []segment
	at       int     // current segment
	used     float64 // area used up in it
	times    Random
	// weight[i] is the summed activity of players 0..i.
	weight []float64
}

// NewProcess starts at run second 0. The weights are those of Activity; lanes and groups share them. The
// prefix keeps a lane's random numbers apart from those of the others.
func NewProcess(p *Plan, rate Curve, weight []float64, prefix string) *Process {
	return &Process{
		plan: p, segments: rate.segments(p.DurationS), times: NewRandom(p.Seed, prefix+"arrivals"), weight: weight,
	}
}

// Next moves one unit exponential along the integrated rate; false after the last arrival.
func (p *Process) Next() (atS float64, more bool) {
	step := p.times.Exponential()
	for p.at < len(p.segments) {
		s := p.segments[p.at]
		if p.used+step <= s.area() {
			p.used += step
			return s.solve(p.used), true
		}
		step -= s.area() - p.used
		p.used = 0
		p.at++
	}
	return 0, false
}

// AtUs is a moment in whole microseconds. Rounding down keeps every arrival before durationS.
func (p *Process) AtUs(atS float64) int64 { return min(int64(atS*1e6), p.plan.DurationUs()-1) }

// Pick draws one of the players that are active at a moment, in proportion to their activity.
func (p *Process) Pick(random *Random, atS float64) int {
	active := p.Active(atS)
	target := random.Float64() * p.weight[active-1]
	return min(active-1, sort.Search(active, func(i int) bool { return p.weight[i] > target }))
}

// Active is how many players are there at a moment.
func (p *Process) Active(atS float64) int {
	return min(len(p.weight), max(1, int(p.plan.Players.At(atS))))
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

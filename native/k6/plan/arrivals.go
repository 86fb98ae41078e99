package plan

// Arrival is the intended start of an action.
type Arrival struct {
	AtUs   int64 // since run second 0
	Player int
	// Action is its place among the lane's actions.
	Action uint8
	// Device is the one, from 1, that a player with several does it on; 0 in a lane that knows none.
	Device uint8
	// Bits are 64 random bits from which the operation is made.
	Bits uint64
}

// Arrivals draws a lane's arrivals in order of time: one action each, of a player by its activity. A lane
// whose actions depend on each other draws its own from a Process.
type Arrivals struct {
	process *Process
	shares  []float64 // running sum over the actions
	picks   Random
	actions Random
	bits    Random
	next    Arrival
	more    bool
}

// NewArrivals starts at run second 0. Shares are the actions' weights, in the lane's order.
func NewArrivals(p *Plan, lane *Lane, weight []float64, shares ...float64) *Arrivals {
	prefix := lane.ID + "."
	a := &Arrivals{
		process: NewProcess(p, lane.Rate, weight, prefix),
		picks:   NewRandom(p.Seed, prefix+"players"),
		actions: NewRandom(p.Seed, prefix+"actions"),
		bits:    NewRandom(p.Seed, prefix+"operations"),
	}
	sum := 0.0
	for _, share := range shares {
		sum += share
		a.shares = append(a.shares, sum)
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
	atS, more := a.process.Next()
	a.more = more
	if !more {
		return
	}
	a.next = Arrival{
		AtUs: a.process.AtUs(atS), Player: a.process.Pick(&a.picks, atS), Action: a.action(), Bits: a.bits.Uint64(),
	}
}

func (a *Arrivals) action() uint8 {
	last := len(a.shares) - 1
	at := a.actions.Float64() * a.shares[last]
	for index, sum := range a.shares[:last] {
		if at < sum {
			return uint8(index)
		}
	}
	return uint8(last)
}

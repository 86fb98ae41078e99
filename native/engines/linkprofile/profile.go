package linkprofile

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Profile is what a link does to the bytes that pass. The zero value does nothing.
type Profile struct {
	// Direction is "upstream" (towards the server) or "downstream" where it holds one way only.
	Direction string `json:"direction,omitempty"`

	// DelayMs is one way, and so is JitterMs beside it.
	DelayMs  float64 `json:"delayMs"`
	JitterMs float64 `json:"jitterMs"`
	// Distribution of the jitter: "uniform" (the default) over delay ± jitter, what would be below 0 cut
	// off, or "normal" with the jitter as standard deviation.
	Distribution string `json:"distribution,omitempty"`
	// Loss is the share of segments that are lost, 0 to 0.5; a lost one is late, never gone.
	Loss float64 `json:"loss"`
	// Burst is how many segments are lost in a row on average; 0: as chance has it.
	Burst float64 `json:"burst"`
	// BitsPerS is how fast bytes leave; 0: without a bound.
	BitsPerS float64 `json:"bitsPerS"`
	// Blackhole holds everything, until another profile is set.
	Blackhole bool `json:"blackhole"`
}

const (
	maxDelayMs = 60_000
	maxLoss    = 0.5
)

func (p Profile) check() error {
	for _, value := range []float64{p.DelayMs, p.JitterMs, p.Loss, p.Burst, p.BitsPerS} {
		if math.IsNaN(value) || math.IsInf(value, 0) || value < 0 {
			return errors.New("no value may be negative")
		}
	}
	if p.DelayMs > maxDelayMs || p.JitterMs > maxDelayMs {
		return errors.New("delayMs and jitterMs are at most 60000")
	}
	if p.Loss > maxLoss {
		return errors.New("loss is at most 0.5")
	}
	if p.Burst != 0 && p.Burst < 1 {
		return errors.New("burst is 0, or at least 1")
	}
	if p.Direction != "" && !slices.Contains(directions[:], p.Direction) {
		return errors.New(`direction is "upstream", "downstream", or left out for both`)
	}
	if p.Distribution != "" && p.Distribution != "uniform" && p.Distribution != "normal" {
		return errors.New(`distribution is "uniform" or "normal"`)
	}
	return nil
}

func (p Profile) clear() bool {
	return p == Profile{Direction: p.Direction, Distribution: p.Distribution}
}

func (p Profile) delay(random *rand.Rand) time.Duration {
	value := p.DelayMs
	switch {
	case p.JitterMs == 0:
	case p.Distribution == "normal":
		value = max(0, value+p.JitterMs*random.NormFloat64())
	default:
		low, high := p.uniform()
		value = low + (high-low)*random.Float64()
	}
	return milliseconds(value)
}

func (p Profile) uniform() (low, high float64) {
	return max(0, p.DelayMs-p.JitterMs), p.DelayMs + p.JitterMs
}

// roundTrip is what a sender behind the link would take for its round trip, and its variation. Where the
// profile holds one way only, the other one takes no time.
func (p Profile) roundTrip() (mean, variation time.Duration) {
	oneWay := p.DelayMs
	if p.Distribution != "normal" {
		low, high := p.uniform()
		oneWay = (low + high) / 2
	}
	ways := 2.0
	if p.Direction != "" {
		ways = 1
	}
	return max(milliseconds(ways*oneWay), time.Millisecond), milliseconds(p.JitterMs / 2)
}

func milliseconds(value float64) time.Duration {
	return time.Duration(value * float64(time.Millisecond))
}

package plan

import (
	"fmt"
	"math"
)

// Curve is piecewise linear over points [seconds, value] in order of time. Before the first point
// and after the last one it keeps that point's value; two points at one time are a step.
type Curve [][2]float64

// Validate says what is wrong with the points.
func (c Curve) Validate(name string) error {
	if len(c) == 0 {
		return fmt.Errorf("plan: %s has no points", name)
	}
	for i, point := range c {
		if !(point[0] >= 0) || !(point[1] >= 0) || math.IsInf(point[0]+point[1], 0) {
			return fmt.Errorf("plan: %s[%d] is [%v, %v], expected two numbers of at least 0", name, i, point[0], point[1])
		}
		if i > 0 && point[0] < c[i-1][0] {
			return fmt.Errorf("plan: %s[%d] is at %v s, before its predecessor at %v s", name, i, point[0], c[i-1][0])
		}
	}
	return nil
}

// At is the value at a moment in seconds; at a step, the value after it.
func (c Curve) At(atS float64) float64 {
	last := len(c) - 1
	if atS >= c[last][0] {
		return c[last][1]
	}
	for i := last - 1; i >= 0; i-- {
		if atS >= c[i][0] {
			from, to := c[i], c[i+1]
			return from[1] + (to[1]-from[1])*(atS-from[0])/(to[0]-from[0])
		}
	}
	return c[0][1]
}

// Max is the largest value of the curve.
func (c Curve) Max() float64 {
	largest := 0.0
	for _, point := range c {
		largest = max(largest, point[1])
	}
	return largest
}

// Integral is the area under the curve between two moments in seconds: of a rate, the expected
// number of arrivals.
func (c Curve) Integral(fromS, toS float64) float64 {
	area := 0.0
	for _, s := range c.segments(toS) {
		from, to := max(fromS, s.fromS), min(toS, s.toS)
		if to > from {
			area += (s.at(from) + s.at(to)) / 2 * (to - from)
		}
	}
	return area
}

// segment is one straight piece of a curve.
type segment struct {
	fromS, toS float64
	value      float64 // at fromS
	slope      float64
}

func (s segment) at(atS float64) float64 { return s.value + s.slope*(atS-s.fromS) }

func (s segment) area() float64 { return (s.value + s.at(s.toS)) / 2 * (s.toS - s.fromS) }

// solve returns the moment at which the area since fromS reaches `area`, which must not exceed the
// segment's own. The form without a difference of near-equal roots stays exact for flat pieces.
func (s segment) solve(area float64) float64 {
	root := math.Sqrt(max(0, s.value*s.value+2*s.slope*area))
	if s.value+root == 0 {
		return s.toS
	}
	return min(s.toS, s.fromS+2*area/(s.value+root))
}

// segments covers [0, untilS] without gaps.
func (c Curve) segments(untilS float64) []segment {
	var all []segment
	add := func(fromS, toS, fromValue, toValue float64) {
		if toS > fromS {
			all = append(all, segment{fromS, toS, fromValue, (toValue - fromValue) / (toS - fromS)})
		}
	}
	add(0, min(c[0][0], untilS), c[0][1], c[0][1])
	for i := 1; i < len(c); i++ {
		from, to := c[i-1], c[i]
		if to[0] > untilS && from[0] < untilS {
			add(from[0], untilS, from[1], c.At(untilS))
		} else if to[0] <= untilS {
			add(from[0], to[0], from[1], to[1])
		}
	}
	last := c[len(c)-1]
	add(last[0], untilS, last[1], last[1])
	return all
}

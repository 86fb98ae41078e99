package plan

import "math"

// Random is a splitmix64 stream. Each purpose ("arrivals", "players", ...) has a stream of its own,
// so that drawing more of one thing never shifts another.
type Random struct {
	state uint64
}

// NewRandom starts the stream of one purpose: its state is the seed plus the FNV-1a hash (64 bit)
// of the purpose, mixed once.
func NewRandom(seed uint64, purpose string) Random {
	hash := uint64(14695981039346656037)
	for i := range len(purpose) {
		hash = (hash ^ uint64(purpose[i])) * 1099511628211
	}
	return Random{state: mix64(seed + hash)}
}

// Uint64 draws 64 uniform bits.
func (r *Random) Uint64() uint64 {
	r.state += 0x9e3779b97f4a7c15
	return mix64(r.state)
}

// Float64 draws a number in [0, 1) with 53 bits.
func (r *Random) Float64() float64 {
	return float64(r.Uint64()>>11) * 0x1p-53
}

// Exponential draws a number of mean 1.
func (r *Random) Exponential() float64 {
	return -math.Log1p(-r.Float64())
}

// Normal draws from the standard normal distribution (Box-Muller, two draws each).
func (r *Random) Normal() float64 {
	radius := math.Sqrt(2 * r.Exponential())
	return radius * math.Cos(2*math.Pi*r.Float64())
}

func mix64(z uint64) uint64 {
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

package linkprofile

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// histogram counts delays in buckets of which each is an eighth of a power of two wide: 12 % of the value
// at most, from 1 µs to beyond an hour.
type histogram struct {
	buckets [buckets]atomic.Uint64
}

const (
	subBits = 3
	buckets = 32 << subBits
)

func (h *histogram) add(delay time.Duration) {
	h.buckets[bucketOf(uint64(max(0, delay.Microseconds())))].Add(1)
}

func bucketOf(us uint64) int {
	exponent := max(0, bits.Len64(us)-subBits-1)
	return min(exponent<<subBits+int(us>>exponent), buckets-1)
}

// upperUs is the highest value of a bucket.
func upperUs(bucket int) uint64 {
	if bucket < 2<<subBits {
		return uint64(bucket)
	}
	exponent := bucket>>subBits - 1
	return (uint64(bucket-exponent<<subBits)+1)<<exponent - 1
}

// counts lists [highest µs, count] of every bucket with something in it.
func (h *histogram) counts() [][2]uint64 {
	list := [][2]uint64{}
	for bucket := range h.buckets {
		if count := h.buckets[bucket].Load(); count > 0 {
			list = append(list, [2]uint64{upperUs(bucket), count})
		}
	}
	return list
}

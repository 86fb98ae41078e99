package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// window is a time in which a fault could be felt, in microseconds since run second 0.
type window struct{ fromUs, toUs int64 }

// parseWindows reads FROM:TO,... in seconds; TO may be Infinity.
func parseWindows(text string) ([]window, error) {
	var all []window
	for each := range strings.SplitSeq(text, ",") {
		if each == "" {
			continue
		}
		from, to, _ := strings.Cut(each, ":")
		fromS, err := strconv.ParseFloat(from, 64)
		toS, errTo := strconv.ParseFloat(to, 64)
		if err != nil || errTo != nil || fromS > toS {
			return nil, fmt.Errorf("no window of seconds: %q", each)
		}
		all = append(all, window{microseconds(fromS), microseconds(toS)})
	}
	return all, nil
}

func microseconds(s float64) int64 {
	return int64(max(math.MinInt64/4, min(s*1e6, math.MaxInt64/4)))
}

// traits is what the first look at the ledger keeps of a player: enough to tell who has been through something.
type traits struct {
	operations, open int
	sentUs           int64 // of the newest attempt
	eventful         bool
	device           byte // of the first attempt
	several          bool // devices
}

func (t *traits) add(r record, faults []window) {
	if r.kind == attempt {
		t.several = t.several || t.operations > 0 && r.device != t.device
		t.device = r.device
		t.operations++
		t.open++
		t.sentUs = r.atUs
		return
	}
	t.open--
	resent := r.sends > 1
	unknown := r.outcome != answeredOK && r.outcome != refused
	t.eventful = t.eventful || resent || unknown || slices.ContainsFunc(faults, func(w window) bool {
		return w.fromUs <= r.atUs && w.toUs >= t.sentUs
	})
}

// interesting: an operation of theirs overlapped a fault, was sent again, or has no known outcome.
func (t *traits) interesting() bool { return t.eventful || t.open > 0 }

// choose picks up to `count` of the players who were read and have a history of at most `operations`: half of
// them with several devices, since only they have operations that overlap, and three quarters of the rest
// interesting ones, as far as there are. The same seed picks the same ones.
func choose(players []uint32, seen map[uint32]*traits, count, operations int, seed uint64) (chosen []uint32, told string) {
	var several, eventful, others []uint32
	for _, player := range players {
		switch t := seen[player]; {
		case t == nil || t.operations > operations:
		case t.several:
			several = append(several, player)
		case t.interesting():
			eventful = append(eventful, player)
		default:
			others = append(others, player)
		}
	}
	random := rand.New(rand.NewPCG(seed, 0))
	for _, each := range [][]uint32{several, eventful, others} {
		random.Shuffle(len(each), func(i, j int) { each[i], each[j] = each[j], each[i] })
	}
	shared := min(len(several), max(count/2, count-len(eventful)-len(others)))
	left := count - shared
	first := min(len(eventful), max(left-left/4, left-len(others)))
	rest := min(len(others), left-first)
	told = fmt.Sprintf(
		"a sample of %d of %d sessions, seed %d: %d of the %d played from two devices, %d of the %d others that overlapped a fault, sent something again or got no answer, and %d of the rest",
		shared+first+rest, len(players), seed, shared, len(several), first, len(eventful), rest)
	return slices.Concat(several[:shared], eventful[:first], others[:rest]), told
}

// Package recorder counts and times actions by the second of their intended start, and hands out
// what changed since it was last asked. Differences, not states, go over the wire: a late answer
// adds to its earlier second, and the sum over all frames is the run.
package recorder

import (
	"sync"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Action is what is counted and timed apart.
type Action struct {
	// Name as `LANE.action`.
	Name string
	// TimeoutUs is what an action without an answer counts as, at least.
	TimeoutUs int64
}

// Outcome is how an action ended.
type Outcome uint8

// Dropped actions were never sent by the generator's own fault; every other one is the system's answer.
const (
	OK Outcome = iota
	Fail
	Unknown
	Dropped
)

// series are the histograms of an action; docs/swarm-protocol.md defines them.
type series uint8

const (
	response series = iota
	service
	blocked
	scheduleLag
	failed
	seriesCount
)

var seriesNames = [seriesCount]string{"response", "service", "blocked", "scheduleLag", "failed"}

// The range of the histograms in microseconds, and their digits.
const (
	lowestUs  = 1
	highestUs = 120_000_000
	digits    = 3
)

// Result is an action that ended. Times in microseconds.
type Result struct {
	// Action is its place among the book's.
	Action     uint8
	IntendedUs int64
	Outcome    Outcome
	// ElapsedUs is done minus intended; BlockedUs and LagUs as the protocol defines them.
	ElapsedUs int64
	BlockedUs int64
	LagUs     int64
	// ServiceUs is done minus first sent; negative if it was not answered.
	ServiceUs int64
}

// Recorder is shared by all groups.
type Recorder struct {
	encoder *encoder // of Changes alone
	actions int      // of all lanes

	mu     sync.Mutex
	tracks []track // the actions, and after them the actions of each network
	free   []*hdrhistogram.Histogram
}

// track is what is recorded of one action, of all players or of those on one network.
type track struct {
	Action
	whole   bool // of all players
	seconds []second
	dirty   []int // seconds with something to report
	openest int   // no second before it has open actions
	latest  int   // no second after it has any
}

type second struct {
	now, reported tally
	dirty         bool
	histograms    [seriesCount]*hdrhistogram.Histogram
}

// tally counts the actions of one second.
type tally struct {
	intended, sent, ok, fail, unknown, dropped int64
}

func (t tally) open() int64 { return t.intended - t.ok - t.fail - t.unknown - t.dropped }

// New makes a recorder of all lanes' actions for a run of so many seconds. The players of each network are
// recorded once more by themselves, as `LANE.action/NETWORK`.
func New(runSeconds int, actions []Action, networks []string) *Recorder {
	r := &Recorder{actions: len(actions)}
	add := func(suffix string) {
		for _, action := range actions {
			r.tracks = append(r.tracks, track{
				Action: Action{action.Name + suffix, action.TimeoutUs}, whole: suffix == "", seconds: make([]second, max(1, runSeconds)),
			})
		}
	}
	add("")
	for _, network := range networks {
		add("/" + network)
	}
	return r
}

// Book is a group's way to record: what its players do counts in the run, and on their network.
type Book struct {
	recorder *Recorder
	offsets  []int // of its actions among the tracks
}

// Book is that of a group, for the lane whose actions begin with the one at `first`; with networks, each
// group has one.
func (r *Recorder) Book(first, group int) Book {
	own := r.actions*(1+group) + first
	if own >= len(r.tracks) {
		return Book{r, []int{first}}
	}
	return Book{r, []int{first, own}}
}

// Intended counts an action as due.
func (b Book) Intended(action uint8, intendedUs int64) {
	r := b.recorder
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, offset := range b.offsets {
		r.tracks[offset+int(action)].touch(intendedUs).now.intended++
	}
}

// Sent counts an action as sent for the first time.
func (b Book) Sent(action uint8, intendedUs int64) {
	r := b.recorder
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, offset := range b.offsets {
		r.tracks[offset+int(action)].touch(intendedUs).now.sent++
	}
}

// Done counts and times an action that was counted as intended before.
func (b Book) Done(result Result) {
	r := b.recorder
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, offset := range b.offsets {
		t := &r.tracks[offset+int(result.Action)]
		r.done(t.touch(result.IntendedUs), t.TimeoutUs, result)
	}
}

func (r *Recorder) done(s *second, timeoutUs int64, result Result) {
	responseUs := max(result.ElapsedUs, timeoutUs)
	switch result.Outcome {
	case OK:
		s.now.ok++
		responseUs = result.ElapsedUs
	case Fail:
		s.now.fail++
		r.record(s, failed, result.ElapsedUs)
	case Unknown:
		s.now.unknown++
		r.record(s, failed, result.ElapsedUs)
	case Dropped:
		s.now.dropped++
	}
	r.record(s, response, responseUs)
	r.record(s, blocked, result.BlockedUs)
	r.record(s, scheduleLag, result.LagUs)
	if result.ServiceUs >= 0 {
		r.record(s, service, result.ServiceUs)
	}
}

func (t *track) touch(intendedUs int64) *second {
	index := min(len(t.seconds)-1, int(intendedUs/1_000_000))
	s := &t.seconds[index]
	if !s.dirty {
		s.dirty = true
		t.dirty = append(t.dirty, index)
		t.latest = max(t.latest, index)
	}
	return s
}

func (r *Recorder) record(s *second, series series, us int64) {
	h := s.histograms[series]
	if h == nil {
		h = r.take()
		s.histograms[series] = h
	}
	// A value within the range is never an error.
	_ = h.RecordValue(min(max(us, 0), highestUs))
}

// take reuses a histogram that was reported: each is 140 KB.
func (r *Recorder) take() *hdrhistogram.Histogram {
	if last := len(r.free) - 1; last >= 0 {
		h := r.free[last]
		r.free = r.free[:last]
		return h
	}
	return hdrhistogram.New(lowestUs, highestUs, digits)
}

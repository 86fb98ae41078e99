// Package recorder counts and times actions by the second of their intended start, and hands out
// what changed since it was last asked. Differences, not states, go over the wire: a late answer
// adds to its earlier second, and the sum over all frames is the run.
package recorder

import (
	"sync"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Action is what is counted apart.
type Action uint8

// The actions of the sessions lane.
const (
	Dig Action = iota
	Read
	actions
)

var actionNames = [actions]string{"sessions.dig", "sessions.read"}

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
	Action     Action
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
	timeoutUs int64
	encoder   *encoder // of Changes alone

	mu      sync.Mutex
	seconds [actions][]second
	dirty   [actions][]int // seconds with something to report
	openest [actions]int   // no second before it has open actions
	latest  [actions]int   // no second after it has any
	free    []*hdrhistogram.Histogram
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

// New makes a recorder for a run of so many seconds.
func New(runSeconds int, timeoutUs int64) *Recorder {
	r := &Recorder{timeoutUs: timeoutUs}
	for action := range r.seconds {
		r.seconds[action] = make([]second, max(1, runSeconds))
	}
	return r
}

// Intended counts an action as due.
func (r *Recorder) Intended(action Action, intendedUs int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.touch(action, intendedUs).now.intended++
}

// Sent counts an action as sent for the first time.
func (r *Recorder) Sent(action Action, intendedUs int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.touch(action, intendedUs).now.sent++
}

// Done counts and times an action that was counted as intended before.
func (r *Recorder) Done(result Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.touch(result.Action, result.IntendedUs)
	responseUs := max(result.ElapsedUs, r.timeoutUs)
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

func (r *Recorder) touch(action Action, intendedUs int64) *second {
	index := min(len(r.seconds[action])-1, int(intendedUs/1_000_000))
	s := &r.seconds[action][index]
	if !s.dirty {
		s.dirty = true
		r.dirty[action] = append(r.dirty[action], index)
		r.latest[action] = max(r.latest[action], index)
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

package recorder

import (
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Counts are changes of one action in one second of intended start; in totals, of the whole run.
type Counts struct {
	Action   string `json:"action"`
	Second   *int   `json:"second,omitempty"`
	Intended int64  `json:"intended"`
	Sent     int64  `json:"sent"`
	OK       int64  `json:"ok"`
	Fail     int64  `json:"fail"`
	Unknown  int64  `json:"unknown"`
	Dropped  int64  `json:"dropped"`
}

// Open are the actions of one second that have not ended yet.
type Open struct {
	Action string `json:"action"`
	Second int    `json:"second"`
	Count  int64  `json:"count"`
}

// Histogram is what one series gained in one second.
type Histogram struct {
	Series string `json:"series"`
	Second int    `json:"second"`
	HDR    string `json:"hdr"`
}

// Changes is everything since the last call of Changes.
type Changes struct {
	Counts     []Counts    `json:"counts"`
	Open       []Open      `json:"open"`
	Histograms []Histogram `json:"histograms"`
}

type takenHistogram struct {
	series string
	second int
	h      *hdrhistogram.Histogram
}

// Changes takes what changed since the last call; it is never called twice at once. Encoding happens outside of the lock: it takes
// milliseconds, and the groups are recording.
func (r *Recorder) Changes() (Changes, error) {
	changes := Changes{Counts: []Counts{}, Open: []Open{}, Histograms: []Histogram{}}
	if r.encoder == nil {
		var err error
		if r.encoder, err = newEncoder(); err != nil {
			return changes, err
		}
	}
	taken := r.takeDirty(&changes)
	for _, t := range taken {
		encoded, err := r.encoder.encode(t.h)
		if err != nil {
			return changes, fmt.Errorf("histogram %s of second %d: %w", t.series, t.second, err)
		}
		changes.Histograms = append(changes.Histograms, Histogram{t.series, t.second, encoded})
	}
	r.giveBack(taken)
	return changes, nil
}

func (r *Recorder) takeDirty(changes *Changes) []takenHistogram {
	r.mu.Lock()
	defer r.mu.Unlock()
	var taken []takenHistogram
	for at := range r.tracks {
		t := &r.tracks[at]
		for _, index := range t.dirty {
			s := &t.seconds[index]
			changes.Counts = append(changes.Counts, s.now.minus(s.reported).named(t.Name, &index))
			s.reported, s.dirty = s.now, false
			for series, h := range s.histograms {
				if h != nil {
					taken = append(taken, takenHistogram{t.Name + "." + seriesNames[series], index, h})
					s.histograms[series] = nil
				}
			}
		}
		t.dirty = t.dirty[:0]
		changes.Open = append(changes.Open, t.open()...)
	}
	return taken
}

// open lists the seconds with open actions. Seconds end about in order, so the search starts where
// the first open one was last time and ends at the last one that had an arrival.
func (t *track) open() []Open {
	var all []Open
	for t.openest < t.latest && t.seconds[t.openest].now.open() == 0 {
		t.openest++
	}
	for index := t.openest; index <= t.latest; index++ {
		if count := t.seconds[index].now.open(); count > 0 {
			all = append(all, Open{t.Name, index, count})
		}
	}
	return all
}

func (r *Recorder) giveBack(taken []takenHistogram) {
	for _, t := range taken {
		t.h.Reset()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range taken {
		r.free = append(r.free, t.h)
	}
}

// Totals are the counts of the whole run so far, of all players.
func (r *Recorder) Totals() []Counts {
	r.mu.Lock()
	defer r.mu.Unlock()
	var totals []Counts
	for at := range r.tracks {
		if !r.tracks[at].whole {
			continue
		}
		var sum tally
		for i := range r.tracks[at].seconds {
			sum = sum.plus(r.tracks[at].seconds[i].now)
		}
		totals = append(totals, sum.named(r.tracks[at].Name, nil))
	}
	return totals
}

func (t tally) minus(o tally) tally {
	return tally{t.intended - o.intended, t.sent - o.sent, t.ok - o.ok, t.fail - o.fail, t.unknown - o.unknown, t.dropped - o.dropped}
}

func (t tally) plus(o tally) tally {
	return tally{t.intended + o.intended, t.sent + o.sent, t.ok + o.ok, t.fail + o.fail, t.unknown + o.unknown, t.dropped + o.dropped}
}

func (t tally) named(action string, second *int) Counts {
	return Counts{action, second, t.intended, t.sent, t.ok, t.fail, t.unknown, t.dropped}
}

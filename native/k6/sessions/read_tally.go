package sessions

import (
	"slices"
	"sync"
	"sync/atomic"

	"hunt/native/k6/frames"
)

// freshAfterUs is how long after an acknowledgement every read shows it.
const freshAfterUs = 1_000_000

// Bounds of what is told one by one: the counts hold the rest.
const (
	violationsPerSecond = 3
	violationsPerRun    = 300
)

// readTally counts what was compared of reads, by the second in which they were sent, until it is
// taken. All groups share it.
type readTally struct {
	mu         sync.Mutex
	seconds    map[int]*frames.Compared
	violations []frames.Finding
	told       int
	// back and stale are totals.
	back, stale atomic.Int64
}

// compared is a read as its player sees it.
type compared struct {
	player int
	device uint8
	sentUs int64
	got    uint32
	expected
}

// checkRead compares what a read returned with what it had to show.
func (s *play) checkRead(p *player, c compared) {
	s.compared.add(c)
	if c.got < c.seen {
		s.compared.back.Add(1)
	}
	if c.got < c.asked {
		s.compared.stale.Add(1)
	}
	p.seen = max(p.seen, c.got)
}

func (t *readTally) add(c compared) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seconds == nil {
		t.seconds = map[int]*frames.Compared{}
	}
	second := int(max(0, c.sentUs) / 1_000_000)
	counts := t.seconds[second]
	if counts == nil {
		counts = &frames.Compared{Second: second}
		t.seconds[second] = counts
	}
	counts.Checked++
	if c.got < c.seen {
		counts.Back++
		t.tell(c, frames.ReadWentBack, c.seen, counts.Back)
	}
	if c.asked > 0 {
		counts.Asked++
	}
	if c.got < c.asked {
		counts.Stale++
		t.tell(c, frames.ReadWasStale, c.asked, counts.Stale)
	}
	if c.settled > 0 {
		counts.Settled++
	}
	if c.got < c.settled {
		counts.Late++
		t.tell(c, frames.ReadWasLate, c.settled, counts.Late)
	}
}

func (t *readTally) tell(c compared, rule string, wanted uint32, nth int64) {
	if nth > violationsPerSecond || t.told >= violationsPerRun {
		return
	}
	t.told++
	v := frames.Finding{Rule: rule, Player: c.player, Device: c.device, SentUs: c.sentUs, Wanted: wanted, Got: c.got}
	if rule == frames.ReadWasLate {
		v.AcknowledgedUs = c.settledUs
	}
	t.violations = append(t.violations, v)
}

// take hands over what was added since it was last asked, in the order of the seconds.
func (t *readTally) take() ([]frames.Compared, []frames.Finding) {
	t.mu.Lock()
	defer t.mu.Unlock()
	counts := make([]frames.Compared, 0, len(t.seconds))
	for _, each := range t.seconds {
		counts = append(counts, *each)
	}
	slices.SortFunc(counts, func(a, b frames.Compared) int { return a.Second - b.Second })
	violations := append([]frames.Finding{}, t.violations...)
	t.seconds, t.violations = nil, nil
	return counts, violations
}

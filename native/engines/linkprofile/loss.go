package linkprofile

import (
	"math/rand/v2"
	"time"
)

const (
	segmentBytes = 1448
	// Linux waits so long for an acknowledgement at least (tcp_rto_min_us).
	retransmitTimeoutMin = 200 * time.Millisecond
	// The fifth attempt gets through: longer, and a kernel's own doubling would be minutes.
	maxRetries = 4
)

// losses is the Gilbert chain of one connection and direction: whether the last segment was lost.
type losses struct {
	bad bool
}

// late is how much later than its delay a chunk with a lost segment arrives.
type late struct {
	lost bool
	// fast holds when something follows, so that the receiver can say what is missing.
	fast time.Duration
	// tail holds when nothing follows: the sender's own timer has to run out.
	tail time.Duration
	// sure: segments of the same chunk follow, so it is fast whatever comes.
	sure bool
}

func (l *losses) draw(p Profile, bytes int, random *rand.Rand) late {
	if p.Loss == 0 {
		l.bad = false
		return late{}
	}
	burst := p.Burst
	if least := 1 / (1 - p.Loss); burst < least {
		burst = least
	}
	enter, leave := p.Loss/(burst*(1-p.Loss)), 1/burst
	segments := max(1, (bytes+segmentBytes-1)/segmentBytes)
	first := -1
	for segment := range segments {
		if l.bad {
			l.bad = random.Float64() >= leave
		} else {
			l.bad = random.Float64() < enter
		}
		if l.bad && first == -1 {
			first = segment
		}
	}
	if first == -1 {
		return late{}
	}
	trip, variation := p.roundTrip()
	timeout := trip + max(retransmitTimeoutMin, 4*variation)
	var again time.Duration
	for retry := 0; retry < maxRetries && random.Float64() < p.Loss; retry++ {
		again += timeout << retry
	}
	return late{
		lost: true,
		fast: trip*5/4 + again,
		tail: timeout + again,
		sure: first < segments-1,
	}
}

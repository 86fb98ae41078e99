package swarm

import "sync"

type eventKind uint8

const (
	answered eventKind = iota
	connected
	lost
	readDone
)

// event is what a stream or a read connection reports to its group. It carries the time at which
// it happened; the group looks at the next tick.
type event struct {
	kind    eventKind
	outcome uint8 // as the ledger has them; moved
	gateway int8
	owner   int8 // of a moved one; -1 if its name is unknown
	number  uint32
	// revision, of an answer that is ok.
	revision uint32
	mark     mark
	atUs     int64
	stream   *stream
}

// inbox collects events for a group. What is in it is bounded by what the group has in flight.
type inbox struct {
	mu     sync.Mutex
	events []event
	spare  []event
}

func (i *inbox) put(events ...event) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.events = append(i.events, events...)
}

// take returns what has come in; it is valid until the next call.
func (i *inbox) take() []event {
	i.mu.Lock()
	defer i.mu.Unlock()
	taken := i.events
	i.events, i.spare = i.spare[:0], taken
	return taken
}

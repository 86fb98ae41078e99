package swarm

import "hunt/native/k6/sessions/operation"

// none marks the absence of an entry.
const none int32 = -1

// maxEntries bounds the open actions of a group; an action that finds the table full is dropped.
const maxEntries = 1 << 17

type entryKind uint8

const (
	dig entryKind = iota
	read
	// opening is the session_opened that precedes a player's first dig. It is no action: it is not
	// counted, has no timeout, and is sent again with each dig until it is acknowledged.
	opening
)

type entryState uint8

const (
	free    entryState = iota
	queued             // behind the player's outstanding action
	waiting            // for a stream with room, or for a read connection
	flying             // sent, not answered
	backing            // to be sent again after a pause
	idle               // an opening that goes along with the next dig
)

// entry is an open action, or the opening of a session.
type entry struct {
	kind       entryKind
	state      entryState
	maybe      bool // a sending of unknown fate: the operation may have been applied
	gateway    int8 // the last sending: where to, on which of its streams
	device     uint8
	stream     uint32
	generation uint16 // of the slot: tells a late answer to its former user
	sends      uint16
	player     int32 // place in the group
	next       int32 // in the player's queue, or the free list
	op         operation.Operation
	sequence   uint32
	digest     uint32
	expected   expected // of a read
	asked      uint32   // the revision that a read asks for at least
	intendedUs int64
	sentUs     int64 // first sending
	blockedUs  int64 // held up by the player's earlier action or a connection, so far
	sinceUs    int64 // since when it is held up now (queued or waiting)
}

// table holds the entries of a group in slots that are used again.
type table struct {
	entries []entry
	free    int32
	actions int // digs and reads that are in use
}

func newTable() table { return table{free: none} }

// take gives a slot; none if an action finds the table full. Openings always find room: there is
// at most one for each player.
func (t *table) take(kind entryKind) int32 {
	if kind != opening {
		if t.actions >= maxEntries {
			return none
		}
		t.actions++
	}
	index := t.free
	if index == none {
		index = int32(len(t.entries))
		t.entries = append(t.entries, entry{})
	} else {
		t.free = t.entries[index].next
	}
	t.entries[index] = entry{kind: kind, generation: t.entries[index].generation + 1, next: none, gateway: -1}
	return index
}

func (t *table) release(index int32) {
	e := &t.entries[index]
	if e.kind != opening {
		t.actions--
	}
	e.state, e.next = free, t.free
	t.free = index
}

// mark names one use of a slot, and one sending of what is in it.
type mark struct {
	index      int32
	generation uint16
	sends      uint16
}

func (t *table) mark(index int32) mark {
	return mark{index, t.entries[index].generation, t.entries[index].sends}
}

// find returns the marked entry unless its slot was released since.
func (t *table) find(m mark) *entry {
	if m.index < 0 || int(m.index) >= len(t.entries) {
		return nil
	}
	if e := &t.entries[m.index]; e.state != free && e.generation == m.generation {
		return e
	}
	return nil
}

// ref is the mark as an operation's ref on the wire.
func (m mark) ref() uint64 {
	return uint64(uint32(m.index))<<32 | uint64(m.generation)<<16 | uint64(m.sends)
}

func markOf(ref uint64) mark {
	return mark{int32(ref >> 32), uint16(ref >> 16), uint16(ref)}
}

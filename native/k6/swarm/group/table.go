package group

// None marks the absence of an entry.
const None int32 = -1

// maxEntries bounds the open actions of a group; an action that finds the table full is dropped.
const maxEntries = 1 << 17

// aside is in the place of the action of an entry that is none.
const aside uint8 = 255

type state uint8

const (
	free    state = iota
	queued        // behind the actor's outstanding action
	waiting       // for an outlet with room
	flying        // sent, not answered
	backing       // to be sent again after a pause
	idle          // about to be sent; or at rest, an entry that is no action
)

// Entry is an open action, or what a lane has under way beside its actions.
type Entry struct {
	action uint8
	state  state
	// Maybe: a sending of unknown fate; the operation may have been applied.
	Maybe bool
	// Ledgered: its attempt and its outcome are in the ledger.
	Ledgered bool
	// Device, Kind, Sequence and Digest are what the ledger has of it. They are set before it is sent first.
	Device     uint8
	Kind       uint8
	generation uint16 // of the slot: tells a late answer to its former user
	sends      uint16
	// Place of the player in the group.
	Place int32
	actor int32
	next  int32 // in the actor's queue, or the free list
	// Sequence and Digest, see Device.
	Sequence uint32
	Digest   uint32
	// IntendedUs is when it was due.
	IntendedUs int64
	sentUs     int64 // first sending
	blockedUs  int64 // held up by the actor's earlier action or an outlet, so far
	sinceUs    int64 // since when it is held up now (queued or waiting)
}

// Action is its place among the lane's; of an aside there is none.
func (e *Entry) Action() uint8 { return e.action }

// Aside tells an entry that is no action.
func (e *Entry) Aside() bool { return e.action == aside }

// Sends is how often it was sent.
func (e *Entry) Sends() uint16 { return e.sends }

// SentUs is when it was sent first.
func (e *Entry) SentUs() int64 { return e.sentUs }

// Flying is whether it was sent and not answered.
func (e *Entry) Flying() bool { return e.state == flying }

// Awaits is whether it is under way as that sending: a later answer counts otherwise.
func (e *Entry) Awaits(m Mark) bool { return e.state == flying && e.sends == m.sends }

// table holds the entries of a group in slots that are used again.
type table struct {
	entries []Entry
	free    int32
	actions int // that are in use
}

// take gives a slot; None if an action finds the table full. Asides always find room: a lane has one at most
// for each player.
func (t *table) take(action uint8) int32 {
	if action != aside {
		if t.actions >= maxEntries {
			return None
		}
		t.actions++
	}
	index := t.free
	if index == None {
		index = int32(len(t.entries))
		t.entries = append(t.entries, Entry{})
	} else {
		t.free = t.entries[index].next
	}
	t.entries[index] = Entry{action: action, generation: t.entries[index].generation + 1, next: None, actor: NoActor}
	return index
}

func (t *table) release(index int32) {
	e := &t.entries[index]
	if e.action != aside {
		t.actions--
	}
	e.state, e.next = free, t.free
	t.free = index
}

// Mark names one use of a slot, and one sending of what is in it.
type Mark struct {
	Index      int32
	generation uint16
	sends      uint16
}

// Mark is that of an entry as it was sent last.
func (t *table) Mark(index int32) Mark {
	return Mark{index, t.entries[index].generation, t.entries[index].sends}
}

// Entry is the one with an index; it is valid until the next one is taken.
func (t *table) Entry(index int32) *Entry { return &t.entries[index] }

// Find returns the marked entry unless its slot was released since.
func (t *table) Find(m Mark) *Entry {
	if m.Index < 0 || int(m.Index) >= len(t.entries) {
		return nil
	}
	if e := &t.entries[m.Index]; e.state != free && e.generation == m.generation {
		return e
	}
	return nil
}

// EachFlying visits what was sent and not answered.
func (t *table) EachFlying(visit func(index int32, e *Entry)) {
	for i := range t.entries {
		if e := &t.entries[i]; e.state == flying {
			visit(int32(i), e)
		}
	}
}

// Ref is the mark as a number, for a protocol that repeats it in its answers.
func (m Mark) Ref() uint64 {
	return uint64(uint32(m.Index))<<32 | uint64(m.generation)<<16 | uint64(m.sends)
}

// MarkOf is the mark of a ref.
func MarkOf(ref uint64) Mark {
	return Mark{int32(ref >> 32), uint16(ref >> 16), uint16(ref)}
}

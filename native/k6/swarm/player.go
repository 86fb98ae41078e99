package swarm

import (
	"fmt"
	"hash/fnv"

	"hunt/native/k6/plan"
)

// device is the one device that every player uses.
const device = 1

// player is one player of a group.
type player struct {
	sequence uint32
	owner    int8 // the gateway believed to own the session
	opened   bool // session_opened is acknowledged
	dug      bool // a dig is acknowledged: the session can be read
	opening  int32
	current  int32 // the outstanding action
	head     int32 // further ones that are due
	tail     int32
	acked    uint32 // the highest revision that an operation was acknowledged with
	ackedUs  int64
	fresh    uint32 // an acknowledged revision that may be too young for every read to show it; 0: none
	freshUs  int64
	settled  uint32 // the highest revision that is older than that
	// settledUs is when it was acknowledged.
	settledUs int64
	seen      uint32 // the highest revision that a read returned
	aliveUs   int64  // when the gateways last heard of the session
}

// acknowledged notes that the gateways have committed a revision.
func (p *player) acknowledged(revision uint32, atUs int64) {
	p.settledAt(atUs)
	if revision <= p.acked {
		return
	}
	p.acked, p.ackedUs = revision, atUs
	if p.fresh == 0 {
		p.fresh, p.freshUs = revision, atUs
	}
}

// settledAt is what a read sent at atUs has to show, and when it was acknowledged. One that is not
// kept in mind, between the oldest fresh one and the newest, is passed over: a read is then asked for less.
func (p *player) settledAt(atUs int64) (revision uint32, acknowledgedUs int64) {
	for p.fresh > 0 && atUs-p.freshUs >= freshAfterUs {
		p.settled, p.settledUs = p.fresh, p.freshUs
		p.fresh = 0
		if p.acked > p.settled {
			p.fresh, p.freshUs = p.acked, p.ackedUs
		}
	}
	return p.settled, p.settledUs
}

// sessionName is the session of a player.
func sessionName(index int) string { return fmt.Sprintf("s-%09d", index) }

// newPlayers makes the players of a group and their sessions' names. Each is first thought to be
// with the gateway that owns the session's partition when nothing has moved yet
// (docs/session-log-format.md); MOVED answers correct it.
func newPlayers(p *plan.Plan, group int) ([]player, []string) {
	count := 0
	for p.PlayerAt(group, count) < p.MaxPlayers() {
		count++
	}
	players, names := make([]player, count), make([]string, count)
	for place := range players {
		names[place] = sessionName(p.PlayerAt(group, place))
		hash := fnv.New32a()
		hash.Write([]byte(names[place]))
		players[place] = player{
			owner:   int8(hash.Sum32() % uint32(len(p.Gateways))),
			opening: none, current: none, head: none, tail: none,
		}
	}
	return players, names
}

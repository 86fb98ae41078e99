package sessions

import (
	"fmt"
	"hash/fnv"

	"hunt/native/k6/sessions/sessionplan"
	"hunt/native/k6/swarm/group"
)

// firstDevice is the device that opens the session, and the only one of most players.
const firstDevice uint8 = 1

// device is one device of a player, which does one thing at a time.
type device struct {
	actor    int32 // whose actions follow each other
	sequence uint32
	reads    uint32 // that are in the ledger
	owner    int8   // the gateway believed to own the session
}

// player is one player of a group: its session, and the devices that play it.
type player struct {
	first   device
	second  *device // nil: there is one device
	opened  bool    // session_opened is acknowledged
	dug     bool    // a dig is acknowledged: the session can be read
	audited bool    // its reads are in the ledger
	opening int32
	acked   uint32 // the highest revision that an operation was acknowledged with
	ackedUs int64
	fresh   uint32 // an acknowledged revision that may be too young for every read to show it; 0: none
	freshUs int64
	settled uint32 // the highest revision that is older than that
	// settledUs is when it was acknowledged.
	settledUs int64
	seen      uint32 // the highest revision that a read returned
	aliveUs   int64  // when the gateways last heard of the session
}

// on is the device with a number.
func (p *player) on(number uint8) *device {
	if number == firstDevice {
		return &p.first
	}
	return p.second
}

// deviceFor is the device for an action that is due now: the one that it was drawn for, unless the
// player has no second one, or has not opened its session, which only the first one does.
func (p *player) deviceFor(number uint8) uint8 {
	if p.second == nil || !p.opened {
		return firstDevice
	}
	return number
}

// expected is what a read has to show: what its player knows when the read is sent. Later the other device
// may have been acknowledged more. A rule with nothing to compare has 0 as its revision.
type expected struct {
	// seen is the newest revision that the player has read, asked what this read asks for, settled
	// what was acknowledged at least freshAfterUs before the read was sent, at settledUs.
	seen, asked, settled uint32
	settledUs            int64
}

func (p *player) expect(ownWrites bool, sentUs int64) expected {
	e := expected{seen: p.seen}
	e.settled, e.settledUs = p.settledAt(sentUs)
	if ownWrites {
		e.asked = p.acked
	}
	return e
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

// SessionName is the session of a player.
func SessionName(index int) string { return fmt.Sprintf("s-%09d", index) }

// newPlayers makes the players of a group and their sessions' names. Each device is an actor.
func newPlayers(p *sessionplan.Plan, members []int32, addActor func() int32) ([]player, []string) {
	players, names := make([]player, len(members)), make([]string, len(members))
	for place, index := range members {
		names[place] = SessionName(int(index))
		players[place] = newPlayer(p, int(index), addActor)
	}
	return players, names
}

// newPlayer makes a player. Its session is first thought to be with the gateway that owns its partition when
// nothing has moved yet (docs/session-log-format.md), and by a second device with another one; MOVED
// answers correct it, on each device for itself.
func newPlayer(p *sessionplan.Plan, index int, addActor func() int32) player {
	hash := fnv.New32a()
	hash.Write([]byte(SessionName(index)))
	owner := int8(hash.Sum32() % uint32(len(p.Gateways)))
	made := player{first: device{owner: owner, actor: addActor()}, opening: group.None, audited: p.Audited(index)}
	if p.TwoDevices(index) {
		second := device{owner: (owner + 1) % int8(len(p.Gateways)), actor: addActor()}
		made.second = &second
	}
	return made
}

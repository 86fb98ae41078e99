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
	seen     uint32 // the highest revision that a read returned
	aliveUs  int64  // when the gateways last heard of the session
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

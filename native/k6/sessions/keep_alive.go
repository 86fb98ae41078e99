package sessions

import "hunt/native/k6/swarm/outlet"

// keeping is how far a group has come with its keep-alives.
type keeping struct {
	next  int   // the player to look at next
	whole int64 // players looked at since second 0
}

// Tick has the players that did nothing for half the interval say that they are alive. All
// players are looked at twice per interval, a few in each tick, so nobody is silent for longer than
// the interval. They go to every gateway: one that does not own a session ignores them, and says
// nothing that would correct a wrong belief (docs/session-log-format.md).
func (t *traffic) Tick(nowUs int64) {
	half := t.plan.KeepAliveUs() / 2
	if half == 0 || nowUs < 0 {
		return
	}
	players := int64(len(t.players))
	// Whole rounds and the rest apart: their product would not fit in 64 bits on a long day.
	target := nowUs/half*players + nowUs%half*players/half
	t.keeping.whole = max(t.keeping.whole, target-players)
	for ; t.keeping.whole < target; t.keeping.whole++ {
		p := &t.players[t.keeping.next]
		if p.opened && nowUs-p.aliveUs >= half {
			if !t.haveRoom() {
				return // the next tick goes on here
			}
			t.sendKeepAlive(t.names[t.keeping.next])
			p.aliveUs = nowUs
		}
		t.keeping.next = (t.keeping.next + 1) % len(t.players)
	}
}

// haveRoom is whether a keep-alive can go now, to each gateway that is connected.
func (t *traffic) haveRoom() bool {
	connected := false
	for i := range t.gateways {
		gw := &t.gateways[i]
		if gw.Up() && gw.Room() < 1 {
			return false
		}
		connected = connected || gw.Up()
	}
	return connected
}

func (t *traffic) sendKeepAlive(session string) {
	t.keepAlives.Add(1)
	for i := range t.gateways {
		gw := &t.gateways[i]
		if !gw.Up() {
			continue
		}
		request := gw.Request()
		request.KeepAlives = append(request.KeepAlives, session)
		if len(request.KeepAlives) == outlet.MessageOperations {
			gw.Seal()
		}
	}
}

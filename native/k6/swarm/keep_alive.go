package swarm

// keeping is how far a group has come with its keep-alives.
type keeping struct {
	next  int   // the player to look at next
	whole int64 // players looked at since second 0
}

// keepAlive has the players that did nothing for half the interval say that they are alive. All
// players are looked at twice per interval, a few in each tick, so nobody is silent for longer than
// the interval. They go to every gateway: one that does not own a session ignores them, and says
// nothing that would correct a wrong belief (docs/session-log-format.md).
func (g *group) keepAlive(nowUs int64) {
	half := g.plan.KeepAliveUs() / 2
	if half == 0 || nowUs < 0 {
		return
	}
	players := int64(len(g.players))
	// Whole rounds and the rest apart: their product would not fit in 64 bits on a long day.
	target := nowUs/half*players + nowUs%half*players/half
	g.keeping.whole = max(g.keeping.whole, target-players)
	for ; g.keeping.whole < target; g.keeping.whole++ {
		p := &g.players[g.keeping.next]
		if p.opened && nowUs-p.aliveUs >= half {
			if !g.haveRoom() {
				return // the next tick goes on here
			}
			g.sendKeepAlive(g.names[g.keeping.next])
			p.aliveUs = nowUs
		}
		g.keeping.next = (g.keeping.next + 1) % len(g.players)
	}
}

// haveRoom is whether a keep-alive can go now, to each gateway that is connected.
func (g *group) haveRoom() bool {
	connected := false
	for i := range g.gateways {
		gw := &g.gateways[i]
		if gw.up != nil && gw.room() < 1 {
			return false
		}
		connected = connected || gw.up != nil
	}
	return connected
}

func (g *group) sendKeepAlive(session string) {
	g.keepAlives.Add(1)
	for i := range g.gateways {
		gw := &g.gateways[i]
		if gw.up == nil {
			continue
		}
		if gw.request == nil {
			gw.request = newRequest()
		}
		gw.request.KeepAlives = append(gw.request.KeepAlives, session)
		if len(gw.request.KeepAlives) == messageOperations {
			gw.full = append(gw.full, gw.request)
			gw.request = nil
		}
	}
}

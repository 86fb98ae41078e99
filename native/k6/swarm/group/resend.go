package group

// resendAfterUs is the pause before what was sent once, twice, ... is sent again.
// Ownership may be on its way for a second; a client that asks back and forth at once only adds load.
var resendAfterUs = [...]int64{0, 10_000, 50_000, 200_000}

// backed is an action that waits to be sent again.
type backed struct {
	mark Mark
	atUs int64
}

// Again has an action started once more, after a pause that grows with its sendings. An aside rests until the lane
// sends it.
func (g *Group) Again(index int32, nowUs int64) {
	e := &g.entries[index]
	if e.action == aside {
		e.state = idle
		return
	}
	e.state = backing
	level := min(int(e.sends), len(resendAfterUs)) - 1
	if resendAfterUs[level] == 0 {
		g.ready.Push(g.Mark(index))
		return
	}
	g.backing[level].Push(backed{g.Mark(index), nowUs + resendAfterUs[level]})
}

func (g *Group) resendDue(nowUs int64) {
	for level := range g.backing {
		line := &g.backing[level]
		for line.Len() > 0 && line.First().atUs <= nowUs {
			m := line.Pop().mark
			if e := g.Find(m); e != nil && e.state == backing && e.sends == m.sends {
				g.ready.Push(m)
			}
		}
	}
}

// startReady starts the actions whose actor came free, and those that are due to be sent again.
func (g *Group) startReady(nowUs int64) {
	for g.ready.Len() > 0 {
		m := g.ready.Pop()
		if g.Find(m) != nil {
			g.traffic.Start(m.Index, nowUs)
		}
	}
}

package swarm

import (
	"math"

	"hunt/native/k6/ledger"
	"hunt/native/k6/sessions/operation"
)

// listen takes what streams and read connections reported since the last tick.
func (g *group) listen(nowUs int64) {
	for _, ev := range g.inbox.take() {
		switch ev.kind {
		case connected:
			g.gateways[ev.gateway].up = ev.stream
		case lost:
			if gw := &g.gateways[ev.gateway]; gw.up != nil && gw.up.number == ev.number {
				gw.up = nil
			}
			g.lose(ev.gateway, ev.number, nowUs)
		case readDone:
			g.readsIn--
			if e := g.table.find(ev.mark); e != nil {
				g.end(ev.mark.index, ev.outcome, ev.revision, ev.atUs, ev.outcome != ledger.Unknown)
			}
		case answered:
			g.answer(ev, nowUs)
		}
	}
}

func (g *group) answer(ev event, nowUs int64) {
	e := g.table.find(ev.mark)
	if e == nil {
		return
	}
	p := &g.players[e.player]
	d := p.on(e.device)
	if ev.outcome == ledger.OK {
		// Whichever sending it answers, the operation is committed.
		if e.kind == opening {
			p.opened, p.opening = true, none
			p.acknowledged(ev.revision, ev.atUs)
			g.writeOutcome(e, ledger.OK, ev.revision, ev.atUs)
			g.table.release(ev.mark.index)
		} else {
			g.end(ev.mark.index, ledger.OK, ev.revision, ev.atUs, true)
		}
		return
	}
	if e.state != flying || e.sends != ev.mark.sends {
		return // it was sent again since; the later answer counts
	}
	switch ev.outcome {
	case moved:
		g.moved.Add(1)
		d.owner = ev.owner
		if ev.owner < 0 {
			d.owner = g.other(ev.gateway)
		}
		g.again(ev.mark.index, nowUs)
	case ledger.Unknown:
		e.maybe = true
		d.owner = g.other(ev.gateway)
		g.again(ev.mark.index, nowUs)
	case ledger.Fail:
		switch {
		case e.kind == opening:
			e.state = idle
		case e.maybe:
			// This sending was refused, an earlier one may have been applied.
			g.end(ev.mark.index, ledger.Unknown, 0, ev.atUs, true)
		default:
			g.end(ev.mark.index, ledger.Fail, 0, ev.atUs, true)
		}
	}
}

// lose sends everything again that was with a stream that broke.
func (g *group) lose(from int8, number uint32, nowUs int64) {
	for i := range g.table.entries {
		e := &g.table.entries[i]
		if e.state != flying || e.kind == read || e.gateway != from || e.stream != number {
			continue
		}
		e.maybe = true
		if d := g.players[e.player].on(e.device); d.owner == from {
			d.owner = g.other(from)
		}
		g.again(int32(i), nowUs)
	}
}

func (g *group) other(gateway int8) int8 {
	return int8((int(gateway) + 1) % len(g.gateways))
}

// again has an operation sent once more, after a pause that grows with its sendings.
func (g *group) again(index int32, nowUs int64) {
	e := &g.table.entries[index]
	if e.kind == opening {
		e.state = idle // the player's dig is in the same case, and takes it along
		return
	}
	e.state = backing
	level := min(int(e.sends), len(resendAfterUs)) - 1
	if resendAfterUs[level] == 0 {
		g.ready.push(g.table.mark(index))
		return
	}
	g.backing[level].push(backed{g.table.mark(index), nowUs + resendAfterUs[level]})
}

func (g *group) resendDue(nowUs int64) {
	for level := range g.backing {
		queue := &g.backing[level]
		for queue.len() > 0 && queue.first().atUs <= nowUs {
			m := queue.pop().mark
			if e := g.table.find(m); e != nil && e.state == backing && e.sends == m.sends {
				g.ready.push(m)
			}
		}
	}
}

// serveReady starts the actions whose device came free and resends what is due.
func (g *group) serveReady(nowUs int64) {
	for g.ready.len() > 0 {
		m := g.ready.pop()
		if g.table.find(m) != nil {
			g.start(m.index, nowUs)
		}
	}
}

// serveWaiting gives waiting actions the connections that have come free.
func (g *group) serveWaiting(nowUs int64) {
	anyUp := false
	for i := range g.gateways {
		anyUp = anyUp || g.gateways[i].up != nil
	}
	for i := range g.gateways {
		gw := &g.gateways[i]
		// What waits for a gateway that is gone goes to one that is there.
		for gw.waiting.len() > 0 && (gw.room() >= 2 || (gw.up == nil && anyUp)) {
			g.unwait(gw.waiting.pop(), nowUs)
		}
	}
	for g.reads.len() > 0 && g.readsIn < readConnections {
		g.unwait(g.reads.pop(), nowUs)
	}
}

func (g *group) unwait(m mark, nowUs int64) {
	e := g.table.find(m)
	if e == nil || e.state != waiting {
		return
	}
	unblock(e, nowUs)
	e.state = idle
	g.start(m.index, nowUs)
}

// dispatch sends a dig to the gateway that is believed to own its session, or to another one while
// that is away.
func (g *group) dispatch(index int32, nowUs int64) {
	e := &g.table.entries[index]
	place := e.player
	to := g.choose(g.players[place].on(e.device).owner)
	gw := &g.gateways[to]
	if gw.room() < 2 {
		g.wait(index, &gw.waiting, nowUs)
		return
	}
	g.sendOpening(place, to, e.intendedUs, nowUs)
	g.send(index, to, nowUs)
}

func (g *group) choose(owner int8) int8 {
	for i, gateway := 0, owner; i < len(g.gateways); i, gateway = i+1, g.other(gateway) {
		if g.gateways[gateway].up != nil {
			return gateway
		}
	}
	return owner
}

// sendOpening puts the session's opening before a dig until it is acknowledged.
func (g *group) sendOpening(place int32, to int8, intendedUs, nowUs int64) {
	p := &g.players[place]
	if p.opened {
		return
	}
	if p.opening == none {
		p.opening = g.table.take(opening)
		o := &g.table.entries[p.opening]
		o.player, o.device, o.intendedUs, o.state = place, firstDevice, intendedUs, idle
		o.op = operation.Open(g.plan.Seed, int(g.members[place]))
	}
	o := &g.table.entries[p.opening]
	if o.state == flying {
		if o.gateway == to && o.stream == g.gateways[to].up.number {
			return
		}
		o.maybe = true
	}
	g.send(p.opening, to, nowUs)
}

// send adds an operation to the tick's request; flush writes its attempt and lets it go.
func (g *group) send(index int32, to int8, nowUs int64) {
	e, gw := &g.table.entries[index], &g.gateways[to]
	p := &g.players[e.player]
	p.aliveUs = nowUs
	if e.sends == 0 {
		d := p.on(e.device)
		d.sequence++
		e.sequence, e.digest = d.sequence, e.op.Digest(uint32(e.device), d.sequence)
		if e.kind == opening {
			e.sends, e.sentUs = 1, nowUs
		} else {
			g.firstSent(e, nowUs)
		}
		g.writeAttempt(e, nowUs)
	} else {
		g.resent.Add(1)
		if e.sends < math.MaxUint16 {
			e.sends++
		}
	}
	e.state, e.gateway, e.stream = flying, to, gw.up.number
	if gw.request == nil {
		gw.request = newRequest()
	}
	appendOperation(gw.request, g.names[e.player], g.table.mark(index).ref(), e.device, e.sequence, e.op)
	if len(gw.request.Operations) == messageOperations {
		gw.full = append(gw.full, gw.request)
		gw.request = nil
	}
}

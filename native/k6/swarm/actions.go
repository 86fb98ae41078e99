package swarm

import (
	"hunt/native/k6/ledger"
	"hunt/native/k6/plan"
	"hunt/native/k6/recorder"
	"hunt/native/k6/sessions/operation"
	"hunt/native/k6/sessions/sessionplan"
)

func actionOf(kind entryKind) uint8 {
	if kind == read {
		return sessionplan.Read
	}
	return sessionplan.Dig
}

// admitDue takes the arrivals that are due and starts those whose device is free.
func (g *group) admitDue(nowUs int64) {
	untilUs := min(nowUs, g.stopAtUs.Load()-1)
	for {
		arrival, due := g.arrivals.Next(untilUs)
		if !due {
			return
		}
		if place := g.places[arrival.Player]; place != none {
			g.admit(arrival, place, nowUs)
		}
	}
}

func (g *group) admit(arrival plan.Arrival, place int32, nowUs int64) {
	kind := dig
	if arrival.Action == sessionplan.Read {
		kind = read
		if !g.players[place].dug {
			if len(g.diggers) == 0 {
				return
			}
			place = g.diggers[arrival.Bits%uint64(len(g.diggers))]
		}
	}
	action := actionOf(kind)
	g.book.Intended(action, arrival.AtUs)
	index := none
	if nowUs < arrival.AtUs+g.timeoutUs[action] {
		index = g.table.take(kind)
	}
	if index == none {
		lateUs := nowUs - arrival.AtUs
		g.book.Done(recorder.Result{
			Action: action, IntendedUs: arrival.AtUs, Outcome: recorder.Dropped,
			ElapsedUs: lateUs, LagUs: lateUs, ServiceUs: -1,
		})
		return
	}
	e, p := &g.table.entries[index], &g.players[place]
	e.player, e.intendedUs, e.sinceUs = place, arrival.AtUs, nowUs
	e.device = p.deviceFor(arrival.Device)
	if kind == dig {
		e.op = operation.Draw(g.plan.Mix, arrival.Bits)
	}
	g.timeouts[action].push(g.table.mark(index))
	d := p.on(e.device)
	if d.current == none {
		d.current = index
		g.start(index, nowUs)
		return
	}
	e.state = queued
	if d.head == none {
		d.head = index
	} else {
		g.table.entries[d.tail].next = index
	}
	d.tail = index
}

// start sends an action whose device is free, or lets it wait for a connection.
func (g *group) start(index int32, nowUs int64) {
	if g.table.entries[index].kind == read {
		g.startRead(index, nowUs)
		return
	}
	g.dispatch(index, nowUs)
}

func (g *group) startRead(index int32, nowUs int64) {
	e := &g.table.entries[index]
	if g.readsIn >= readConnections {
		g.wait(index, &g.reads, nowUs)
		return
	}
	g.readsIn++
	g.firstSent(e, nowUs)
	e.state = flying
	p := &g.players[e.player]
	e.expected, e.asked = p.expect(g.plan.ReadOwnWrites, nowUs), g.plan.MinRevision(p.acked)
	if p.audited {
		d := p.on(e.device)
		d.reads++
		e.sequence = d.reads
		g.write(g.record(e, ledger.ReadAttempt, nowUs), e.asked, 0)
	}
	g.jobs = append(g.jobs, readJob{
		mark: g.table.mark(index), session: g.names[e.player], deadlineUs: e.intendedUs + g.timeoutUs[sessionplan.Read], minRevision: e.asked,
	})
}

// wait queues an action for a connection. Waiting counts as blocked until it is sent first.
func (g *group) wait(index int32, queue *fifo[mark], nowUs int64) {
	e := &g.table.entries[index]
	e.state, e.sinceUs = waiting, nowUs
	queue.push(g.table.mark(index))
}

// unblock ends the time that an action was held up.
func unblock(e *entry, atUs int64) {
	if e.sends == 0 && (e.state == queued || e.state == waiting) {
		e.blockedUs += max(0, atUs-e.sinceUs)
	}
}

// firstSent notes an action's first sending.
func (g *group) firstSent(e *entry, nowUs int64) {
	e.sends, e.sentUs = 1, nowUs
	g.book.Sent(actionOf(e.kind), e.intendedUs)
}

// expire ends the actions whose time is up. Those of one kind end in the order in which they came: their timeout
// is the same.
func (g *group) expire(nowUs int64) {
	for action := range g.timeouts {
		g.expireAction(&g.timeouts[action], nowUs-g.timeoutUs[action], nowUs)
	}
}

func (g *group) expireAction(queue *fifo[mark], untilUs, nowUs int64) {
	for queue.len() > 0 {
		e := g.table.find(queue.first())
		if e != nil && e.intendedUs > untilUs {
			return
		}
		index := queue.pop().index
		if e != nil {
			g.unanswered(index, nowUs)
		}
	}
}

// unanswered ends an action that got no answer: unknown if a sending of it may have been applied.
func (g *group) unanswered(index int32, nowUs int64) {
	e := &g.table.entries[index]
	outcome := ledger.Fail
	if e.maybe || e.state == flying {
		outcome = ledger.Unknown
	}
	unblock(e, nowUs)
	g.end(index, outcome, 0, nowUs, false)
}

// end books an action, frees its device and starts what is due on that next.
func (g *group) end(index int32, outcome uint8, revision uint32, atUs int64, answer bool) {
	e := &g.table.entries[index]
	result := recorder.Result{
		Action: actionOf(e.kind), IntendedUs: e.intendedUs, Outcome: outcomes[outcome],
		ElapsedUs: atUs - e.intendedUs, BlockedUs: e.blockedUs, ServiceUs: -1,
	}
	if e.sends > 0 {
		result.LagUs = e.sentUs - e.intendedUs - e.blockedUs
	} else {
		result.LagUs = result.ElapsedUs - e.blockedUs
	}
	if answer {
		result.ServiceUs = atUs - e.sentUs
	}
	g.book.Done(result)
	p := &g.players[e.player]
	if e.kind == dig || p.audited {
		g.writeOutcome(e, outcome, revision, atUs)
	}
	switch {
	case e.kind == dig:
		if outcome == ledger.OK {
			p.acknowledged(revision, atUs)
			if !p.dug {
				p.dug = true
				g.diggers = append(g.diggers, e.player)
			}
		}
	case outcome == ledger.OK:
		g.checkRead(p, compared{
			player: int(g.members[e.player]), device: e.device, sentUs: e.sentUs, got: revision, expected: e.expected,
		})
	}
	d := p.on(e.device)
	g.table.release(index)
	if d.current == index {
		d.current = none
		g.advance(d, atUs)
	}
}

var outcomes = map[uint8]recorder.Outcome{
	ledger.OK: recorder.OK, ledger.Fail: recorder.Fail, ledger.Unknown: recorder.Unknown,
}

// advance starts the device's next action.
func (g *group) advance(d *device, atUs int64) {
	if d.head == none {
		return
	}
	index := d.head
	e := &g.table.entries[index]
	d.head = e.next
	e.next = none
	unblock(e, atUs)
	// It is held up no more; what it still waits for is the generator, until it is sent.
	e.state, e.sinceUs = idle, atUs
	d.current = index
	g.ready.push(g.table.mark(index))
}

func (g *group) writeAttempt(e *entry, nowUs int64) {
	g.write(g.record(e, ledger.Attempt, nowUs), 0, 0)
}

// writeOutcome closes an operation or a read that was sent; one that never was is not in the ledger.
func (g *group) writeOutcome(e *entry, outcome uint8, revision uint32, atUs int64) {
	if e.sends == 0 {
		return
	}
	recordType := ledger.Outcome
	if e.kind == read {
		recordType = ledger.ReadOutcome
	}
	r := g.record(e, recordType, atUs)
	r.Outcome = outcome
	g.write(r, revision, uint32(e.sends))
}

func (g *group) write(r ledger.Record, revision, sends uint32) {
	g.records = appendPayload(r.Append(g.records), revision, sends)
}

func (g *group) record(e *entry, recordType uint8, atUs int64) ledger.Record {
	return ledger.Record{
		Type: recordType, Device: e.device, Kind: uint8(e.op.Kind),
		Player: uint32(g.members[e.player]), Sequence: e.sequence, Digest: e.digest,
		AtUs: atUs, IntendedUs: e.intendedUs,
	}
}

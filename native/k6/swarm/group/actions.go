package group

import (
	"math"

	"hunt/native/k6/ledger"
	"hunt/native/k6/plan"
	"hunt/native/k6/recorder"
	"hunt/native/k6/swarm/queue"
)

// admitDue takes the arrivals that are due and starts those whose actor is free.
func (g *Group) admitDue(nowUs int64) {
	untilUs := min(nowUs, g.Run.StopAtUs.Load()-1)
	for {
		arrival, due := g.traffic.Next(untilUs)
		if !due {
			return
		}
		if place := g.places[arrival.Player]; place != None {
			g.admit(arrival, place, nowUs)
		}
	}
}

func (g *Group) admit(arrival plan.Arrival, place int32, nowUs int64) {
	admission, drawn := g.traffic.Admit(arrival, place)
	if !drawn {
		return
	}
	action := admission.Action
	g.Book.Intended(action, arrival.AtUs)
	index := None
	if nowUs < arrival.AtUs+g.TimeoutsUs[action] {
		index = g.take(action)
	}
	if index == None {
		lateUs := nowUs - arrival.AtUs
		g.Book.Done(recorder.Result{
			Action: action, IntendedUs: arrival.AtUs, Outcome: recorder.Dropped,
			ElapsedUs: lateUs, LagUs: lateUs, ServiceUs: -1,
		})
		return
	}
	e := &g.entries[index]
	e.Place, e.actor, e.IntendedUs, e.sinceUs, e.state = admission.Place, admission.Actor, arrival.AtUs, nowUs, idle
	g.traffic.Take(index, arrival)
	g.timeouts[action].Push(g.Mark(index))
	if admission.Actor == NoActor {
		g.traffic.Start(index, nowUs)
		return
	}
	a := &g.actors[admission.Actor]
	if a.current == None {
		a.current = index
		g.traffic.Start(index, nowUs)
		return
	}
	e.state = queued
	if a.head == None {
		a.head = index
	} else {
		g.entries[a.tail].next = index
	}
	a.tail = index
}

// TakeAside makes an entry that is no action: it is not counted, has no timeout, and is sent when the lane says.
func (g *Group) TakeAside(place int32, intendedUs int64) int32 {
	index := g.take(aside)
	e := &g.entries[index]
	e.Place, e.IntendedUs, e.state = place, intendedUs, idle
	return index
}

// Send notes a sending of an action, or of an aside. The first one puts its attempt into the ledger.
func (g *Group) Send(index int32, nowUs int64) {
	e := &g.entries[index]
	if e.sends == 0 {
		e.sends, e.sentUs = 1, nowUs
		if e.action != aside {
			g.Book.Sent(e.action, e.IntendedUs)
		}
		if e.Ledgered {
			g.write(index, g.recordType(e, ledger.Attempt, ledger.ReadAttempt), 0, nowUs)
		}
	} else {
		g.Run.Resent.Add(1)
		if e.sends < math.MaxUint16 {
			e.sends++
		}
	}
	e.state = flying
}

// Wait queues an action for an outlet. Waiting counts as blocked until it is sent first.
func (g *Group) Wait(index int32, line *queue.FIFO[Mark], nowUs int64) {
	e := &g.entries[index]
	e.state, e.sinceUs = waiting, nowUs
	line.Push(g.Mark(index))
}

// Resume starts an action that waited, unless it has ended since.
func (g *Group) Resume(m Mark, nowUs int64) {
	e := g.Find(m)
	if e == nil || e.state != waiting {
		return
	}
	unblock(e, nowUs)
	e.state = idle
	g.traffic.Start(m.Index, nowUs)
}

// unblock ends the time that an action was held up.
func unblock(e *Entry, atUs int64) {
	if e.sends == 0 && (e.state == queued || e.state == waiting) {
		e.blockedUs += max(0, atUs-e.sinceUs)
	}
}

// expire ends the actions whose time is up. Those of one kind end in the order in which they came: their timeout
// is the same.
func (g *Group) expire(nowUs int64) {
	for action := range g.timeouts {
		open, untilUs := &g.timeouts[action], nowUs-g.TimeoutsUs[action]
		for open.Len() > 0 {
			e := g.Find(open.First())
			if e != nil && e.IntendedUs > untilUs {
				break
			}
			index := open.Pop().Index
			if e != nil {
				g.unanswered(index, nowUs)
			}
		}
	}
}

// unanswered ends an action that got no answer.
func (g *Group) unanswered(index int32, nowUs int64) {
	e := &g.entries[index]
	unblock(e, nowUs)
	g.End(index, asItStands(e), nowUs, false)
}

// asItStands is the outcome without an answer: unknown if a sending may have been applied.
func asItStands(e *Entry) uint8 {
	if e.Maybe || e.state == flying {
		return ledger.Unknown
	}
	return ledger.Fail
}

// End books an action, frees its actor and starts what is due on that next. Answered tells an end by an answer
// from one by the clock.
func (g *Group) End(index int32, outcome uint8, atUs int64, answered bool) {
	e := &g.entries[index]
	result := recorder.Result{
		Action: e.action, IntendedUs: e.IntendedUs, Outcome: outcomes[outcome],
		ElapsedUs: atUs - e.IntendedUs, BlockedUs: e.blockedUs, ServiceUs: -1,
	}
	if e.sends > 0 {
		result.LagUs = e.sentUs - e.IntendedUs - e.blockedUs
	} else {
		result.LagUs = result.ElapsedUs - e.blockedUs
	}
	if answered {
		result.ServiceUs = atUs - e.sentUs
	}
	g.Book.Done(result)
	g.writeOutcome(index, outcome, atUs)
	g.traffic.Ended(index, outcome, atUs)
	actor := e.actor
	g.release(index)
	if actor == NoActor {
		return
	}
	if a := &g.actors[actor]; a.current == index {
		a.current = None
		g.advance(a, atUs)
	}
}

var outcomes = [...]recorder.Outcome{
	ledger.OK: recorder.OK, ledger.Fail: recorder.Fail, ledger.Unknown: recorder.Unknown,
}

// EndAside writes what became of an aside, and frees its entry.
func (g *Group) EndAside(index int32, outcome uint8, atUs int64) {
	g.writeOutcome(index, outcome, atUs)
	g.release(index)
}

// GiveUpAside ends an aside that got no answer.
func (g *Group) GiveUpAside(index int32, atUs int64) {
	g.EndAside(index, asItStands(&g.entries[index]), atUs)
}

// advance starts the actor's next action.
func (g *Group) advance(a *actor, atUs int64) {
	if a.head == None {
		return
	}
	index := a.head
	e := &g.entries[index]
	a.head = e.next
	e.next = None
	unblock(e, atUs)
	// It is held up no more; what it still waits for is the generator, until it is sent.
	e.state, e.sinceUs = idle, atUs
	a.current = index
	g.ready.Push(g.Mark(index))
}

// writeOutcome closes what was sent; what never was is not in the ledger.
func (g *Group) writeOutcome(index int32, outcome uint8, atUs int64) {
	if e := &g.entries[index]; e.Ledgered && e.sends > 0 {
		g.write(index, g.recordType(e, ledger.Outcome, ledger.ReadOutcome), outcome, atUs)
	}
}

func (g *Group) recordType(e *Entry, ofWrite, ofRead uint8) uint8 {
	if e.action != aside && g.Actions[e.action].Read {
		return ofRead
	}
	return ofWrite
}

func (g *Group) write(index int32, recordType, outcome uint8, atUs int64) {
	e := &g.entries[index]
	r := ledger.Record{
		Type: recordType, Outcome: outcome, Device: e.Device, Kind: e.Kind, Player: uint32(g.Members[e.Place]),
		Sequence: e.Sequence, Digest: e.Digest, AtUs: atUs, IntendedUs: e.IntendedUs,
	}
	g.records = g.traffic.AppendPayload(r.Append(g.records), index, outcome)
}

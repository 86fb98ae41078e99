package sessions

import (
	"hunt/native/k6/ledger"
	"hunt/native/k6/sessions/operation"
	"hunt/native/k6/sessions/sessionplan"
	"hunt/native/k6/swarm/group"
	"hunt/native/k6/swarm/outlet"
)

// Listen takes what streams and read connections reported since the last tick.
func (t *traffic) Listen(nowUs int64) {
	for _, ev := range t.inbox.Take() {
		switch ev.kind {
		case connected:
			t.gateways[ev.gateway].Connected(ev.stream)
		case lost:
			t.gateways[ev.gateway].Lost(ev.number)
			t.lose(ev.gateway, ev.number, nowUs)
		case readDone:
			t.reader.calls.Taken()
			if t.Find(ev.mark) != nil {
				t.slots[ev.mark.Index].revision = ev.revision
				t.End(ev.mark.Index, ev.outcome, ev.atUs, ev.outcome != ledger.Unknown)
			}
		case answered:
			t.answer(ev, nowUs)
		}
	}
}

func (t *traffic) answer(ev event, nowUs int64) {
	e := t.Find(ev.mark)
	if e == nil {
		return
	}
	index := ev.mark.Index
	p := &t.players[e.Place]
	d := p.on(e.Device)
	if ev.outcome == ledger.OK {
		// Whichever sending it answers, the operation is committed.
		t.slots[index].revision = ev.revision
		if e.Aside() {
			p.opened, p.opening = true, group.None
			p.acknowledged(ev.revision, ev.atUs)
			t.EndAside(index, ledger.OK, ev.atUs)
		} else {
			t.End(index, ledger.OK, ev.atUs, true)
		}
		return
	}
	if !e.Awaits(ev.mark) {
		return // it was sent again since; the later answer counts
	}
	switch ev.outcome {
	case moved:
		t.moved.Add(1)
		d.owner = ev.owner
		if ev.owner < 0 {
			d.owner = t.other(ev.gateway)
		}
		t.Again(index, nowUs)
	case ledger.Unknown:
		e.Maybe = true
		d.owner = t.other(ev.gateway)
		t.Again(index, nowUs)
	case ledger.Fail:
		switch {
		case e.Aside():
			t.Again(index, nowUs) // with the player's next dig
		case e.Maybe:
			// This sending was refused, an earlier one may have been applied.
			t.End(index, ledger.Unknown, ev.atUs, true)
		default:
			t.End(index, ledger.Fail, ev.atUs, true)
		}
	}
}

// lose sends everything again that was with a stream that broke.
func (t *traffic) lose(from int8, number uint32, nowUs int64) {
	t.EachFlying(func(index int32, e *group.Entry) {
		s := &t.slots[index]
		if e.Action() == sessionplan.Read || s.gateway != from || s.stream != number {
			return
		}
		e.Maybe = true
		if d := t.players[e.Place].on(e.Device); d.owner == from {
			d.owner = t.other(from)
		}
		// An opening rests: the player's dig is in the same case, and takes it along.
		t.Again(index, nowUs)
	})
}

func (t *traffic) other(gateway int8) int8 {
	return int8((int(gateway) + 1) % len(t.gateways))
}

// dispatch sends a dig to the gateway that is believed to own its session, or to another one while
// that is away.
func (t *traffic) dispatch(index int32, nowUs int64) {
	e := t.Entry(index)
	to := t.choose(t.players[e.Place].on(e.Device).owner)
	gw := &t.gateways[to]
	if gw.Room() < 2 {
		t.Wait(index, &gw.waiting, nowUs)
		return
	}
	t.sendOpening(e.Place, to, e.IntendedUs, nowUs)
	t.send(index, to, nowUs)
}

func (t *traffic) choose(owner int8) int8 {
	for i, gateway := 0, owner; i < len(t.gateways); i, gateway = i+1, t.other(gateway) {
		if t.gateways[gateway].Up() {
			return gateway
		}
	}
	return owner
}

// sendOpening puts the session's opening before a dig until it is acknowledged. It is no action: it is not
// counted, has no timeout, and is sent again with each dig.
func (t *traffic) sendOpening(place int32, to int8, intendedUs, nowUs int64) {
	p := &t.players[place]
	if p.opened {
		return
	}
	if p.opening == group.None {
		p.opening = t.TakeAside(place, intendedUs)
		o := t.Entry(p.opening)
		op := operation.Open(t.plan.Seed, int(t.Members[place]))
		o.Device, o.Kind, o.Ledgered = firstDevice, uint8(op.Kind), true
		t.newSlot(p.opening).op = op
	}
	o, s := t.Entry(p.opening), &t.slots[p.opening]
	if o.Flying() {
		if s.gateway == to && s.stream == t.gateways[to].Number() {
			return
		}
		o.Maybe = true
	}
	t.send(p.opening, to, nowUs)
}

// send adds an operation to the tick's request, which leaves when its attempt is in the ledger.
func (t *traffic) send(index int32, to int8, nowUs int64) {
	e, s, gw := t.Entry(index), &t.slots[index], &t.gateways[to]
	p := &t.players[e.Place]
	p.aliveUs = nowUs
	if e.Sends() == 0 {
		d := p.on(e.Device)
		d.sequence++
		e.Sequence, e.Digest = d.sequence, s.op.Digest(uint32(e.Device), d.sequence)
	}
	t.Send(index, nowUs)
	s.gateway, s.stream = to, gw.Number()
	request := gw.Request()
	appendOperation(request, t.names[e.Place], t.Mark(index).Ref(), e.Device, e.Sequence, s.op)
	if len(request.Operations) == outlet.MessageOperations {
		gw.Seal()
	}
}

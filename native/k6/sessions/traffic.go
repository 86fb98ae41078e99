package sessions

import (
	"context"
	"sync"

	"hunt/native/k6/ledger"
	"hunt/native/k6/plan"
	"hunt/native/k6/sessions/operation"
	"hunt/native/k6/sessions/sessionplan"
	"hunt/native/k6/sessions/sessionspb"
	"hunt/native/k6/swarm/group"
	"hunt/native/k6/swarm/outlet"
	"hunt/native/k6/swarm/queue"
)

// gateway is one gateway as its group sees it.
type gateway struct {
	outlet.Peer[sessionspb.PlayRequest]
	waiting queue.FIFO[group.Mark]
}

// traffic is what a group of the lane does.
type traffic struct {
	*play
	*group.Group
	*sessionplan.Arrivals
	// Where the group's network is: the same nodes for every group, by other addresses.
	services []plan.Service
	proxies  []plan.Service
	players  []player
	names    []string
	diggers  []int32 // players with an acknowledged dig
	slots    []slot  // by the index of the entry
	gateways []gateway
	inbox    queue.Inbox[event]
	reader   *reader
	reads    queue.FIFO[group.Mark] // that wait for a connection
	keeping  keeping
	links    sync.WaitGroup
	stop     context.CancelFunc
}

// slot is the lane's part of an entry.
type slot struct {
	op       operation.Operation
	gateway  int8 // the last sending: where to, on which of its streams
	stream   uint32
	revision uint32   // of the answer
	asked    uint32   // the revision that a read asks for at least
	expected expected // of a read
}

// Traffic is what a group does.
func (p *play) Traffic(g *group.Group) group.Traffic {
	services, proxies := p.plan.Services(g.Index)
	t := &traffic{
		play: p, Group: g, Arrivals: sessionplan.NewArrivals(p.plan, p.Weights), services: services, proxies: proxies,
		gateways: make([]gateway, len(services)),
	}
	t.players, t.names = newPlayers(p.plan, g.Members, g.AddActor)
	for i := range t.gateways {
		t.gateways[i].Peer = outlet.NewPeer(requestWire)
	}
	return t
}

// Connect starts streams and read connections; Close ends them.
func (t *traffic) Connect(ctx context.Context) error {
	ctx, t.stop = context.WithCancel(ctx)
	owners := map[string]int8{}
	for i, service := range t.services {
		owners[service.Name] = int8(i)
	}
	for i, service := range t.services {
		link := newLink(t, int8(i), service, owners)
		t.links.Go(func() { link.Run(ctx) })
	}
	var err error
	t.reader, err = newReader(ctx, t.play.Clock, &t.inbox, t.proxies, t.plan.ReadProtocol)
	// Reads leave before the digs of the same tick.
	t.AddOutlet(t.reader)
	for i := range t.gateways {
		t.AddOutlet(&t.gateways[i])
	}
	return err
}

// Missing names a gateway without a stream.
func (t *traffic) Missing() string {
	missing := ""
	for i := range t.gateways {
		if !t.gateways[i].Up() {
			missing = t.services[i].Name + " (" + t.services[i].Address + ")"
		}
	}
	return missing
}

// Close ends what Connect started.
func (t *traffic) Close() {
	t.stop()
	t.links.Wait()
	t.reader.close()
}

// Admit gives a read of a player that has nothing to read to one that has.
func (t *traffic) Admit(arrival plan.Arrival, place int32) (group.Admission, bool) {
	if arrival.Action == sessionplan.Read && !t.players[place].dug {
		if len(t.diggers) == 0 {
			return group.Admission{}, false
		}
		place = t.diggers[arrival.Bits%uint64(len(t.diggers))]
	}
	p := &t.players[place]
	return group.Admission{Action: arrival.Action, Place: place, Actor: p.on(p.deviceFor(arrival.Device)).actor}, true
}

// Take makes the operation of an arrival.
func (t *traffic) Take(index int32, arrival plan.Arrival) {
	e := t.Entry(index)
	p := &t.players[e.Place]
	s := t.newSlot(index)
	e.Device = p.deviceFor(arrival.Device)
	e.Ledgered = arrival.Action == sessionplan.Dig || p.audited
	if arrival.Action == sessionplan.Dig {
		s.op = operation.Draw(t.plan.Mix, arrival.Bits)
		e.Kind = uint8(s.op.Kind)
	}
}

// newSlot is the one of an entry, empty.
func (t *traffic) newSlot(index int32) *slot {
	for int(index) >= len(t.slots) {
		t.slots = append(t.slots, slot{})
	}
	t.slots[index] = slot{gateway: -1}
	return &t.slots[index]
}

// Start sends an action whose device is free, or lets it wait for a connection.
func (t *traffic) Start(index int32, nowUs int64) {
	if t.Entry(index).Action() == sessionplan.Read {
		t.startRead(index, nowUs)
		return
	}
	t.dispatch(index, nowUs)
}

// Serve gives waiting actions the connections that have come free.
func (t *traffic) Serve(nowUs int64) {
	anyUp := false
	for i := range t.gateways {
		anyUp = anyUp || t.gateways[i].Up()
	}
	for i := range t.gateways {
		gw := &t.gateways[i]
		// What waits for a gateway that is gone goes to one that is there.
		for gw.waiting.Len() > 0 && (gw.Room() >= 2 || (!gw.Up() && anyUp)) {
			t.Resume(gw.waiting.Pop(), nowUs)
		}
	}
	for t.reads.Len() > 0 && t.reader.calls.HasRoom() {
		t.Resume(t.reads.Pop(), nowUs)
	}
}

// Ended notes what an action's end tells its player.
func (t *traffic) Ended(index int32, outcome uint8, atUs int64) {
	if outcome != ledger.OK {
		return
	}
	e, s := t.Entry(index), &t.slots[index]
	p := &t.players[e.Place]
	if e.Action() == sessionplan.Read {
		t.checkRead(p, compared{
			player: int(t.Members[e.Place]), device: e.Device, sentUs: e.SentUs(), got: s.revision, expected: s.expected,
		})
		return
	}
	p.acknowledged(s.revision, atUs)
	if !p.dug {
		p.dug = true
		t.diggers = append(t.diggers, e.Place)
	}
}

// Finish writes what became of the openings that were never acknowledged.
func (t *traffic) Finish(nowUs int64) {
	for i := range t.players {
		if index := t.players[i].opening; index != group.None {
			t.GiveUpAside(index, nowUs)
		}
	}
}

// AppendPayload encodes the revision of an answer, or that a read's attempt asks for at least, and how often an
// action was sent by its outcome.
func (t *traffic) AppendPayload(buffer []byte, index int32, outcome uint8) []byte {
	if s := &t.slots[index]; outcome == 0 {
		return appendPayload(buffer, s.asked, 0)
	} else {
		return appendPayload(buffer, s.revision, uint32(t.Entry(index).Sends()))
	}
}

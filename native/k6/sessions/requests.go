package sessions

import (
	"sync"

	"hunt/native/k6/sessions/operation"
	"hunt/native/k6/sessions/sessionspb"
	"hunt/native/k6/swarm/outlet"
)

// requests are used again, with the operations that they hold.
var requests = sync.Pool{New: func() any { return &sessionspb.PlayRequest{} }}

var requestWire = outlet.Wire[sessionspb.PlayRequest]{
	Make:       newRequest,
	Operations: func(request *sessionspb.PlayRequest) int { return len(request.Operations) },
}

func newRequest() *sessionspb.PlayRequest { return requests.Get().(*sessionspb.PlayRequest) }

func recycle(request *sessionspb.PlayRequest) {
	request.Operations = request.Operations[:0]
	clear(request.KeepAlives)
	request.KeepAlives = request.KeepAlives[:0]
	requests.Put(request)
}

// appendOperation adds an operation to a request.
func appendOperation(request *sessionspb.PlayRequest, session string, ref uint64, device uint8, sequence uint32, op operation.Operation) {
	count := len(request.Operations)
	var target *sessionspb.Operation
	if count < cap(request.Operations) {
		request.Operations = request.Operations[:count+1]
		target = request.Operations[count]
	} else {
		request.Operations = append(request.Operations, nil)
	}
	if target == nil {
		target = &sessionspb.Operation{}
		request.Operations[count] = target
	}
	target.Ref, target.Session, target.Device, target.Sequence = ref, session, uint32(device), sequence
	switch f := op.Fields; op.Kind {
	case operation.SessionOpened:
		target.Payload = &sessionspb.Operation_SessionOpened{SessionOpened: &sessionspb.SessionOpened{Seed: f[0]}}
	case operation.DigStarted:
		target.Payload = &sessionspb.Operation_DigStarted{DigStarted: &sessionspb.DigStarted{Tile: f[0], Tool: f[1]}}
	case operation.TilesRevealed:
		target.Payload = &sessionspb.Operation_TilesRevealed{TilesRevealed: &sessionspb.TilesRevealed{FirstTile: f[0], Mask: f[1]}}
	case operation.LootClaimed:
		target.Payload = &sessionspb.Operation_LootClaimed{LootClaimed: &sessionspb.LootClaimed{Tile: f[0], Item: f[1], Amount: f[2]}}
	}
}

package sessions

import (
	"context"

	"google.golang.org/grpc"

	"hunt/native/k6/ledger"
	"hunt/native/k6/plan"
	"hunt/native/k6/sessions/sessionspb"
	"hunt/native/k6/swarm/group"
	"hunt/native/k6/swarm/outlet"
)

type eventKind uint8

const (
	answered eventKind = iota
	connected
	lost
	readDone
)

// event is what a stream or a read connection reports to its group. It carries the time at which
// it happened; the group looks at the next tick.
type event struct {
	kind    eventKind
	outcome uint8 // as the ledger has them; moved
	gateway int8
	owner   int8 // of a moved one; -1 if its name is unknown
	number  uint32
	// revision, of an answer that is ok.
	revision uint32
	mark     group.Mark
	atUs     int64
	stream   *outlet.Stream[sessionspb.PlayRequest]
}

// moved is a ledger outcome's neighbour: the answer of a gateway that is not the owner.
const moved uint8 = 4

type (
	request  = sessionspb.PlayRequest
	response = sessionspb.PlayResponse
)

// newLink keeps a group connected to a gateway. Owners are the gateways by name.
func newLink(t *traffic, index int8, service plan.Service, owners map[string]int8) *outlet.Link[request, response] {
	var events []event
	return &outlet.Link[request, response]{
		Service: service, Clock: t.play.Clock, Reconnects: &t.play.Run.Reconnects, Recycle: recycle,
		Open: func(ctx context.Context, conn *grpc.ClientConn) (grpc.BidiStreamingClient[request, response], error) {
			return sessionspb.NewSessionsClient(conn).Play(ctx)
		},
		Connected: func(stream *outlet.Stream[request], atUs int64) {
			t.inbox.Put(event{kind: connected, gateway: index, number: stream.Number, atUs: atUs, stream: stream})
		},
		Answered: func(stream *outlet.Stream[request], answer *response, atUs int64) int {
			events = events[:0]
			for _, a := range answer.GetAnswers() {
				owner, known := owners[a.GetOwner()]
				if !known {
					owner = -1
				}
				events = append(events, event{
					kind: answered, outcome: outcomeOf(a.GetOutcome()), gateway: index, number: stream.Number,
					owner: owner, revision: uint32(a.GetRevision()), mark: group.MarkOf(a.GetRef()), atUs: atUs,
				})
			}
			t.inbox.Put(events...)
			return len(answer.GetAnswers())
		},
		Lost: func(number uint32, atUs int64) {
			t.inbox.Put(event{kind: lost, gateway: index, number: number, atUs: atUs})
		},
	}
}

// outcomeOf maps the wire's outcomes; one that this version does not know may mean anything.
func outcomeOf(outcome sessionspb.Outcome) uint8 {
	switch outcome {
	case sessionspb.Outcome_OUTCOME_OK:
		return ledger.OK
	case sessionspb.Outcome_OUTCOME_FAIL:
		return ledger.Fail
	case sessionspb.Outcome_OUTCOME_MOVED:
		return moved
	default:
		return ledger.Unknown
	}
}

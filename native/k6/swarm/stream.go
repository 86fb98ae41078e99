package swarm

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"hunt/native/k6/ledger"
	"hunt/native/k6/plan"
	"hunt/native/k6/sessionspb"
)

const (
	// queuedMessages is how many messages may wait for a stream's Send, messageOperations how many
	// operations one carries: a stream that cannot send holds back at most so many of them.
	queuedMessages    = 4
	messageOperations = 512

	// A window of 4 MiB carries 8,000 operations per second over a link of 120 ms many times over.
	window = 4 << 20

	backoffFirst = 50 * time.Millisecond
	backoffMost  = 500 * time.Millisecond

	// A gateway that answers nothing for silentBefore is probed; one that lets the probe hang as
	// well is taken for frozen at frozenAfter. So a pause of 2 s does not cost the stream.
	watchEvery   = 250 * time.Millisecond
	silentBefore = time.Second
	frozenAfter  = 2500 * time.Millisecond
)

// moved is a ledger outcome's neighbour: the answer of a gateway that is not the owner.
const moved uint8 = 4

// stream is one life of the connection between a group and a gateway.
type stream struct {
	gateway int8
	number  uint32
	out     chan *sessionspb.PlayRequest
	// flying is how many operations were sent and not answered.
	flying atomic.Int64
	// heardUs is when the gateway was last heard of.
	heardUs atomic.Int64
	probing atomic.Bool
	conn    *grpc.ClientConn
}

// link keeps a group connected to one gateway until its context ends.
type link struct {
	index      int8
	service    plan.Service
	owners     map[string]int8 // gateways by name
	clock      *clock
	inbox      *inbox
	reconnects *atomic.Int64
}

func (l *link) run(ctx context.Context) {
	wait := backoffFirst
	for number := uint32(1); ; number++ {
		began := time.Now()
		established := l.live(ctx, number)
		if established && time.Since(began) > time.Second {
			wait = backoffFirst
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, backoffMost)
		if established {
			l.reconnects.Add(1)
		}
	}
}

// live opens one stream on a connection of its own and serves it until it breaks. A new connection
// each time: one to a frozen process would take a new stream and swallow it.
func (l *link) live(parent context.Context, number uint32) bool {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	conn, err := dial(l.service)
	if err != nil {
		return false
	}
	defer conn.Close()
	rpc, err := sessionspb.NewSessionsClient(conn).Play(ctx)
	if err != nil {
		return false
	}
	s := &stream{
		gateway: l.index, number: number, conn: conn,
		out: make(chan *sessionspb.PlayRequest, queuedMessages),
	}
	s.heardUs.Store(l.clock.nowUs())
	l.inbox.put(event{kind: connected, gateway: l.index, number: number, atUs: l.clock.nowUs(), stream: s})
	done := make(chan struct{}, 3)
	for _, part := range []func(){
		func() { s.send(ctx, rpc) },
		func() { l.receive(s, rpc) },
		func() { l.watch(ctx, s) },
	} {
		go func() {
			part()
			cancel()
			done <- struct{}{}
		}()
	}
	for range cap(done) {
		<-done
	}
	l.inbox.put(event{kind: lost, gateway: l.index, number: number, atUs: l.clock.nowUs()})
	return true
}

func dial(service plan.Service) (*grpc.ClientConn, error) {
	conn, err := grpc.NewClient("passthrough:///"+service.Address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithNoProxy(),
		grpc.WithDisableServiceConfig(),
		grpc.WithDisableRetry(),
		grpc.WithInitialWindowSize(window),
		grpc.WithInitialConnWindowSize(window),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: backoffFirst, Multiplier: 2, MaxDelay: backoffMost},
			MinConnectTimeout: time.Second,
		}))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", service.Name, err)
	}
	return conn, nil
}

func (s *stream) send(ctx context.Context, rpc grpc.BidiStreamingClient[sessionspb.PlayRequest, sessionspb.PlayResponse]) {
	for {
		select {
		case <-ctx.Done():
			return
		case request := <-s.out:
			if rpc.Send(request) != nil {
				return
			}
			recycle(request)
		}
	}
}

func (l *link) receive(s *stream, rpc grpc.BidiStreamingClient[sessionspb.PlayRequest, sessionspb.PlayResponse]) {
	var events []event
	for {
		response, err := rpc.Recv()
		if err != nil {
			return
		}
		nowUs := l.clock.nowUs()
		s.heardUs.Store(nowUs)
		s.flying.Add(-int64(len(response.GetAnswers())))
		events = events[:0]
		for _, a := range response.GetAnswers() {
			owner, known := l.owners[a.GetOwner()]
			if !known {
				owner = -1
			}
			events = append(events, event{
				kind: answered, outcome: outcomeOf(a.GetOutcome()), gateway: s.gateway, number: s.number,
				owner: owner, revision: uint32(a.GetRevision()), mark: markOf(a.GetRef()), atUs: nowUs,
			})
		}
		l.inbox.put(events...)
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

// watch ends a stream whose gateway is frozen. Waiting for answers alone does not tell a frozen
// gateway from a slow store, so the gateway is asked: any answer, "unimplemented" included, shows
// that the process runs. (grpc's own keepalive asks every 10 s at best.)
func (l *link) watch(ctx context.Context, s *stream) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	lastUs := l.clock.nowUs()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		nowUs := l.clock.nowUs()
		// If this process itself was held up, the silence says nothing about the gateway.
		if nowUs-lastUs > 2*watchEvery.Microseconds() || s.flying.Load() == 0 {
			s.heardUs.Store(nowUs)
		}
		lastUs = nowUs
		silentUs := nowUs - s.heardUs.Load()
		if silentUs > frozenAfter.Microseconds() {
			return
		}
		if silentUs > silentBefore.Microseconds() && s.probing.CompareAndSwap(false, true) {
			go l.probe(ctx, s)
		}
	}
}

func (l *link) probe(ctx context.Context, s *stream) {
	defer s.probing.Store(false)
	ctx, cancel := context.WithTimeout(ctx, frozenAfter)
	defer cancel()
	var reply sessionspb.SessionClosed
	err := s.conn.Invoke(ctx, "/grpc.health.v1.Health/Check", &sessionspb.SessionClosed{}, &reply)
	switch status.Code(err) {
	case codes.DeadlineExceeded, codes.Canceled, codes.Unavailable:
	default:
		s.heardUs.Store(l.clock.nowUs())
	}
}

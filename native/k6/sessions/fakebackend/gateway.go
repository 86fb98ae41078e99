// Package fakebackend stands in for gateways and proxy in tests and benchmarks: it answers after a
// set delay, as its test decides, and keeps no state but what was applied.
package fakebackend

import (
	"context"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"

	"hunt/native/k6/sessions/sessionspb"
)

// Decide answers one operation; nil means OK. It may be called from several streams at once.
type Decide func(operation *sessionspb.Operation) *sessionspb.Answer

// Gateway is a fake gateway.
type Gateway struct {
	sessionspb.UnimplementedSessionsServer
	Address string

	delay  time.Duration
	decide Decide
	server *grpc.Server

	mu         sync.Mutex
	revisions  map[string]uint64
	keepAlives map[string]int
	lastSign   map[string]time.Time
	silence    time.Duration
}

// StartGateway listens on a free port and answers each operation `delay` after it came.
func StartGateway(delay time.Duration, decide Decide) (*Gateway, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g := &Gateway{
		Address: listener.Addr().String(), delay: delay, decide: decide, revisions: map[string]uint64{},
		keepAlives: map[string]int{}, lastSign: map[string]time.Time{},
		server: grpc.NewServer(grpc.InitialWindowSize(4<<20), grpc.InitialConnWindowSize(4<<20)),
	}
	sessionspb.RegisterSessionsServer(g.server, g)
	go g.server.Serve(listener)
	return g, nil
}

// Stop breaks every connection.
func (g *Gateway) Stop() { g.server.Stop() }

type delayed struct {
	at       time.Time
	response *sessionspb.PlayResponse
}

// Play answers in the order in which operations came.
func (g *Gateway) Play(stream grpc.BidiStreamingServer[sessionspb.PlayRequest, sessionspb.PlayResponse]) error {
	answers := make(chan delayed, 1<<16)
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for {
			select {
			case <-ctx.Done():
				return
			case next := <-answers:
				if wait := time.Until(next.at); wait > 0 {
					time.Sleep(wait)
				}
				if stream.Send(next.response) != nil {
					return
				}
			}
		}
	}()
	for {
		request, err := stream.Recv()
		if err != nil {
			cancel()
			<-sent
			return err
		}
		g.noteKeepAlives(request.GetKeepAlives())
		response := &sessionspb.PlayResponse{}
		for _, operation := range request.GetOperations() {
			if answer := g.answer(operation); answer != nil {
				answer.Ref = operation.GetRef()
				response.Answers = append(response.Answers, answer)
			}
		}
		if len(response.Answers) > 0 {
			answers <- delayed{time.Now().Add(g.delay), response}
		}
	}
}

// Silence as an answer's reason keeps the answer back for good.
const Silence = "silence"

func (g *Gateway) answer(operation *sessionspb.Operation) *sessionspb.Answer {
	if g.decide != nil {
		if answer := g.decide(operation); answer != nil {
			if answer.GetReason() == Silence {
				return nil
			}
			return answer
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.noteSign(operation.GetSession())
	g.revisions[operation.GetSession()]++
	return &sessionspb.Answer{Outcome: sessionspb.Outcome_OUTCOME_OK, Revision: g.revisions[operation.GetSession()]}
}

func (g *Gateway) noteKeepAlives(sessions []string) {
	if len(sessions) == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, session := range sessions {
		g.keepAlives[session]++
		g.noteSign(session)
	}
}

// noteSign needs the lock.
func (g *Gateway) noteSign(session string) {
	now := time.Now()
	if last, known := g.lastSign[session]; known {
		g.silence = max(g.silence, now.Sub(last))
	}
	g.lastSign[session] = now
}

// KeepAlives is how many came, and for how many sessions.
func (g *Gateway) KeepAlives() (count, sessions int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, each := range g.keepAlives {
		count += each
	}
	return count, len(g.keepAlives)
}

// Silence is the longest time between two signs of life of one session, operations included.
func (g *Gateway) Silence() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.silence
}

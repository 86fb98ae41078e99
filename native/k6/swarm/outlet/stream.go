package outlet

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
	"google.golang.org/protobuf/types/known/emptypb"

	"hunt/native/k6/plan"
	"hunt/native/k6/swarm/clock"
)

const (
	// A window of 4 MiB carries 8,000 operations per second over a link of 120 ms many times over.
	window = 4 << 20

	backoffFirst = 50 * time.Millisecond
	backoffMost  = 500 * time.Millisecond

	// A node that answers nothing for silentBefore is probed; one that lets the probe hang as
	// well is taken for frozen at frozenAfter. So a pause of 2 s does not cost the stream.
	watchEvery   = 250 * time.Millisecond
	silentBefore = time.Second
	frozenAfter  = 2500 * time.Millisecond
)

// Stream is one life of the connection between a group and a node.
type Stream[Q any] struct {
	// Number of the life, from 1.
	Number uint32
	out    chan *Q
	// flying is how many operations were sent and not answered.
	flying atomic.Int64
	// heardUs is when the node was last heard of.
	heardUs atomic.Int64
	probing atomic.Bool
	conn    *grpc.ClientConn
}

// Link keeps a group connected to one node until its context ends. What it reports comes on its own goroutines.
type Link[Q, A any] struct {
	Service plan.Service
	Clock   *clock.Clock
	// Open begins the call that the requests go on.
	Open func(ctx context.Context, conn *grpc.ClientConn) (grpc.BidiStreamingClient[Q, A], error)
	// Connected, Answered and Lost report to the lane. Answered returns how many operations an answer is for.
	Connected func(stream *Stream[Q], atUs int64)
	Answered  func(stream *Stream[Q], answer *A, atUs int64) int
	Lost      func(number uint32, atUs int64)
	// Recycle takes a request back that was sent.
	Recycle    func(*Q)
	Reconnects *atomic.Int64
}

// Run ends with its context.
func (l *Link[Q, A]) Run(ctx context.Context) {
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
			l.Reconnects.Add(1)
		}
	}
}

// live opens one stream on a connection of its own and serves it until it breaks. A new connection
// each time: one to a frozen process would take a new stream and swallow it.
func (l *Link[Q, A]) live(parent context.Context, number uint32) bool {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	conn, err := Dial(l.Service)
	if err != nil {
		return false
	}
	defer conn.Close()
	rpc, err := l.Open(ctx, conn)
	if err != nil {
		return false
	}
	s := &Stream[Q]{Number: number, conn: conn, out: make(chan *Q, queuedMessages)}
	s.heardUs.Store(l.Clock.NowUs())
	l.Connected(s, l.Clock.NowUs())
	done := make(chan struct{}, 3)
	for _, part := range []func(){
		func() { l.send(ctx, s, rpc) },
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
	l.Lost(number, l.Clock.NowUs())
	return true
}

// Dial makes a connection of its own to a node.
func Dial(service plan.Service) (*grpc.ClientConn, error) {
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

func (l *Link[Q, A]) send(ctx context.Context, s *Stream[Q], rpc grpc.BidiStreamingClient[Q, A]) {
	for {
		select {
		case <-ctx.Done():
			return
		case request := <-s.out:
			if rpc.Send(request) != nil {
				return
			}
			l.Recycle(request)
		}
	}
}

func (l *Link[Q, A]) receive(s *Stream[Q], rpc grpc.BidiStreamingClient[Q, A]) {
	for {
		answer, err := rpc.Recv()
		if err != nil {
			return
		}
		nowUs := l.Clock.NowUs()
		s.heardUs.Store(nowUs)
		s.flying.Add(-int64(l.Answered(s, answer, nowUs)))
	}
}

// watch ends a stream whose node is frozen. Waiting for answers alone does not tell a frozen
// node from a slow store, so it is asked: any answer, "unimplemented" included, shows
// that the process runs. (grpc's own keepalive asks every 10 s at best.)
func (l *Link[Q, A]) watch(ctx context.Context, s *Stream[Q]) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	lastUs := l.Clock.NowUs()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		nowUs := l.Clock.NowUs()
		// If this process itself was held up, the silence says nothing about the node.
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

func (l *Link[Q, A]) probe(ctx context.Context, s *Stream[Q]) {
	defer s.probing.Store(false)
	ctx, cancel := context.WithTimeout(ctx, frozenAfter)
	defer cancel()
	err := s.conn.Invoke(ctx, "/grpc.health.v1.Health/Check", &emptypb.Empty{}, &emptypb.Empty{})
	switch status.Code(err) {
	case codes.DeadlineExceeded, codes.Canceled, codes.Unavailable:
	default:
		s.heardUs.Store(l.Clock.NowUs())
	}
}

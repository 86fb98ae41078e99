package sessions

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"hunt/native/k6/ledger"
	"hunt/native/k6/plan"
	"hunt/native/k6/sessions/sessionplan"
	"hunt/native/k6/sessions/sessionspb"
	"hunt/native/k6/swarm/clock"
	"hunt/native/k6/swarm/group"
	"hunt/native/k6/swarm/outlet"
	"hunt/native/k6/swarm/queue"
)

// readConnections is how many keep-alive connections a group holds to the proxies: with answers in
// 2 ms, 16 of them carry 8,000 reads per second.
const readConnections = 16

const (
	// idleConnection is shorter than the 5 s after which a Node server closes an idle connection,
	// so that a read seldom meets one that is just being closed.
	idleConnection = 4 * time.Second
	dialWithin     = time.Second
)

// readJob is a read for a connection to do.
type readJob struct {
	session string
	// minRevision is what the read asks for at least; 0: whatever there is.
	minRevision uint32
}

// readAnswer is what came of a read.
type readAnswer struct {
	outcome  uint8
	revision uint32
}

// reader does reads, each of its goroutines one at a time: over HTTP on a connection of its own, over
// gRPC on one connection to each proxy.
// fasthttp: a read costs 16 us of CPU with it and 34 with net/http, server included (BenchmarkRead).
type reader struct {
	calls  *outlet.Calls[readJob, readAnswer]
	client *fasthttp.Client

	channels []*grpc.ClientConn // one for each proxy, for reads over gRPC

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
}

// reading does one read.
type reading = outlet.Do[readJob, readAnswer]

func newReader(ctx context.Context, c *clock.Clock, inbox *queue.Inbox[event], proxies []plan.Service, protocol string) (*reader, error) {
	r := &reader{conns: map[net.Conn]struct{}{}}
	r.client = &fasthttp.Client{
		Dial: r.dial, MaxConnsPerHost: readConnections, MaxIdleConnDuration: idleConnection, MaxResponseBodySize: 1 << 20,
		NoDefaultUserAgentHeader: true, DisablePathNormalizing: true,
	}
	if protocol == sessionplan.ReadsOverGRPC {
		for _, proxy := range proxies {
			channel, err := outlet.Dial(proxy)
			if err != nil {
				return r, err
			}
			r.channels = append(r.channels, channel)
		}
	}
	with := func(index int) reading {
		if len(r.channels) > 0 {
			return overGRPC(r.channels[index%len(r.channels)])
		}
		return r.overHTTP(proxies[index%len(proxies)])
	}
	atOnce := readConnections
	if len(proxies) == 0 {
		atOnce = 0
	}
	r.calls = outlet.StartCalls(ctx, c, atOnce, with, func(m group.Mark, answer readAnswer, atUs int64) {
		inbox.Put(event{kind: readDone, outcome: answer.outcome, revision: answer.revision, mark: m, atUs: atUs})
	})
	return r, nil
}

// Release lets the tick's reads go.
func (r *reader) Release() { r.calls.Release() }

// overGRPC reads with the outcomes that overHTTP has: a proxy that says no in any way makes a fail.
func overGRPC(channel *grpc.ClientConn) reading {
	client := sessionspb.NewSessionReadsClient(channel)
	request := &sessionspb.GetStateRequest{}
	return func(ctx context.Context, job readJob, deadline time.Time) readAnswer {
		ctx, cancel := context.WithDeadline(ctx, deadline)
		defer cancel()
		request.Session, request.MinRevision = job.session, uint64(job.minRevision)
		state, err := client.GetState(ctx, request)
		// A proxy that gave up says DEADLINE_EXCEEDED as well; what counts is whose time was up.
		if status.Code(err) == codes.DeadlineExceeded && !time.Now().Before(deadline) {
			return readAnswer{ledger.Unknown, 0}
		}
		if err != nil || len(state.GetJson()) == 0 {
			return readAnswer{ledger.Fail, 0}
		}
		return readAnswer{ledger.OK, uint32(state.GetRevision())}
	}
}

func (r *reader) overHTTP(proxy plan.Service) reading {
	request, response := &fasthttp.Request{}, &fasthttp.Response{}
	return func(_ context.Context, job readJob, deadline time.Time) readAnswer {
		address := "http://" + proxy.Address + "/v1/sessions/" + job.session + "/state"
		if job.minRevision > 0 {
			address += "?minRevision=" + strconv.FormatUint(uint64(job.minRevision), 10)
		}
		request.SetRequestURI(address)
		outcome, revision := r.read(request, response, deadline)
		return readAnswer{outcome, revision}
	}
}

// read is ok with status 200, a revision and a body that came whole. One that the deadline cut off
// is unknown, as any action without an answer.
func (r *reader) read(request *fasthttp.Request, response *fasthttp.Response, deadline time.Time) (outcome uint8, revision uint32) {
	err := r.client.DoDeadline(request, response, deadline)
	if errors.Is(err, fasthttp.ErrTimeout) {
		return ledger.Unknown, 0
	}
	if err != nil || response.StatusCode() != fasthttp.StatusOK || len(response.Body()) == 0 {
		return ledger.Fail, 0
	}
	number, err := strconv.ParseUint(string(response.Header.Peek("session-revision")), 10, 32)
	if err != nil {
		return ledger.Fail, 0
	}
	return ledger.OK, uint32(number)
}

// dial keeps hold of the connections, so that close can cut off a read that hangs.
func (r *reader) dial(address string) (net.Conn, error) {
	conn, err := fasthttp.DialTimeout(address, dialWithin)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		conn.Close()
		return nil, net.ErrClosed
	}
	tracked := &trackedConn{Conn: conn, reader: r}
	r.conns[tracked] = struct{}{}
	return tracked, nil
}

type trackedConn struct {
	net.Conn
	reader *reader
}

func (c *trackedConn) Close() error {
	c.reader.mu.Lock()
	delete(c.reader.conns, c)
	c.reader.mu.Unlock()
	return c.Conn.Close()
}

// close cuts off what still reads and waits for the goroutines; their context must have ended.
func (r *reader) close() {
	r.mu.Lock()
	r.closed = true
	for conn := range r.conns {
		conn.(*trackedConn).Conn.Close()
	}
	r.mu.Unlock()
	if r.calls != nil {
		r.calls.Wait()
	}
	for _, channel := range r.channels {
		channel.Close()
	}
	r.client.CloseIdleConnections()
}

// startRead has a read done, or lets it wait for a connection.
func (t *traffic) startRead(index int32, nowUs int64) {
	if !t.reader.calls.HasRoom() {
		t.Wait(index, &t.reads, nowUs)
		return
	}
	e, s := t.Entry(index), &t.slots[index]
	p := &t.players[e.Place]
	s.expected, s.asked = p.expect(t.plan.ReadOwnWrites, nowUs), t.plan.MinRevision(p.acked)
	if p.audited {
		d := p.on(e.Device)
		d.reads++
		e.Sequence = d.reads
	}
	t.Send(index, nowUs)
	deadlineUs := e.IntendedUs + t.TimeoutsUs[sessionplan.Read]
	t.reader.calls.Give(t.Mark(index), deadlineUs, readJob{session: t.names[e.Place], minRevision: s.asked})
}

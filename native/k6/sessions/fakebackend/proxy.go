package fakebackend

import (
	"context"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
	"google.golang.org/grpc"

	"hunt/native/k6/sessions/sessionspb"
)

// Proxy is a fake snapshot proxy, over HTTP and gRPC: every session has 3.5 KB of state.
type Proxy struct {
	sessionspb.UnimplementedSessionReadsServer
	Address     string
	GRPCAddress string

	delay  time.Duration
	status int
	read   Read
	body   []byte
	server *fasthttp.Server
	grpc   *grpc.Server
}

// Read says which revision a read returns. It may be called several times at once.
type Read func(session string, minRevision uint64) (revision uint64)

// StartProxy listens on free ports and answers each read after `delay`, with this status, and with
// revision 1 where `read` is nil.
func StartProxy(delay time.Duration, status int, read Read) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	grpcListener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		listener.Close()
		return nil, err
	}
	if read == nil {
		read = func(string, uint64) uint64 { return 1 }
	}
	p := &Proxy{
		Address: listener.Addr().String(), GRPCAddress: grpcListener.Addr().String(),
		delay: delay, status: status, read: read, body: []byte(`{"revision":1}` + strings.Repeat(" ", 3486)),
		grpc: grpc.NewServer(),
	}
	p.server = &fasthttp.Server{Handler: p.handle}
	sessionspb.RegisterSessionReadsServer(p.grpc, p)
	go p.server.Serve(listener)
	go p.grpc.Serve(grpcListener)
	return p, nil
}

// Stop ends the proxy.
func (p *Proxy) Stop() {
	p.server.Shutdown()
	p.grpc.Stop()
}

func (p *Proxy) handle(ctx *fasthttp.RequestCtx) {
	time.Sleep(p.delay)
	session := strings.TrimSuffix(strings.TrimPrefix(string(ctx.Path()), "/v1/sessions/"), "/state")
	minRevision := uint64(max(0, ctx.QueryArgs().GetUintOrZero("minRevision")))
	ctx.SetStatusCode(p.status)
	ctx.Response.Header.Set("session-revision", strconv.FormatUint(p.read(session, minRevision), 10))
	ctx.SetBody(p.body)
}

// GetState is a read over gRPC.
func (p *Proxy) GetState(_ context.Context, request *sessionspb.GetStateRequest) (*sessionspb.SessionState, error) {
	time.Sleep(p.delay)
	revision := p.read(request.GetSession(), request.GetMinRevision())
	return &sessionspb.SessionState{Revision: revision, Json: p.body}, nil
}

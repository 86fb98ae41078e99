package fakebackend

import (
	"net"
	"time"

	"github.com/valyala/fasthttp"
)

// Proxy is a fake snapshot proxy: every session has 3.5 KB of state.
type Proxy struct {
	Address string
	server  *fasthttp.Server
}

// StartProxy listens on a free port and answers each read after `delay`, with this status.
func StartProxy(delay time.Duration, status int) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	body := make([]byte, 3500)
	for i := range body {
		body[i] = ' '
	}
	copy(body, `{"revision":1}`)
	p := &Proxy{Address: listener.Addr().String(), server: &fasthttp.Server{
		Handler: func(ctx *fasthttp.RequestCtx) {
			time.Sleep(delay)
			ctx.SetStatusCode(status)
			ctx.Response.Header.Set("session-revision", "1")
			ctx.SetBody(body)
		},
	}}
	go p.server.Serve(listener)
	return p, nil
}

// Stop ends the proxy.
func (p *Proxy) Stop() { p.server.Shutdown() }

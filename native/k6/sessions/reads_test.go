package sessions

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"hunt/native/k6/ledger"
	"hunt/native/k6/sessions/fakebackend"
	"hunt/native/k6/sessions/sessionplan"
	"hunt/native/k6/swarm"
	"hunt/native/k6/swarm/clock"
	"hunt/native/k6/swarm/queue"
)

// The reason for fasthttp. Both clients read 3.5 KB over one keep-alive connection; the server's
// share is the same in both.
func BenchmarkRead(b *testing.B) {
	proxy, err := fakebackend.StartProxy(0, 200, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer proxy.Stop()
	url := "http://" + proxy.Address + "/v1/sessions/s-000000001/state"
	measure := func(b *testing.B, read func()) {
		before, _ := swarm.Usage()
		for b.Loop() {
			read()
		}
		after, _ := swarm.Usage()
		b.ReportMetric((after-before)*1e6/float64(b.N), "cpu-us/op")
	}
	b.Run("fasthttp", func(b *testing.B) {
		var box queue.Inbox[event]
		r, err := newReader(b.Context(), clock.New(), &box, nil, sessionplan.ReadsOverHTTP)
		if err != nil {
			b.Fatal(err)
		}
		request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		measure(b, func() {
			request.SetRequestURI(url)
			if outcome, _ := r.read(request, response, time.Now().Add(time.Second)); outcome != ledger.OK {
				b.Fatal(outcome)
			}
		})
	})
	b.Run("net/http", func(b *testing.B) {
		client := &http.Client{Timeout: time.Second}
		measure(b, func() {
			response, err := client.Get(url)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, response.Body); err != nil {
				b.Fatal(err)
			}
			response.Body.Close()
		})
	})
}

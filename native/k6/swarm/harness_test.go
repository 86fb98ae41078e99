package swarm

import (
	"context"
	"encoding/binary"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"hunt/native/k6/fakebackend"
	"hunt/native/k6/frames"
	"hunt/native/k6/ledger"
	"hunt/native/k6/plan"
	"hunt/native/k6/recorder"
	"hunt/native/k6/sessions/operation"
	"hunt/native/k6/sessions/sessionplan"
)

// run is a swarm that plays inside the test, and what it said.
type run struct {
	plan  *sessionplan.Plan
	swarm *Swarm
	peer  *frames.Peer

	mu      sync.Mutex
	seconds []frames.Second
	end     frames.End
	failure error
	ended   chan struct{}
}

func testPlan(t *testing.T, gateways []*fakebackend.Gateway, proxies ...*fakebackend.Proxy) *sessionplan.Plan {
	p := &sessionplan.Plan{
		Plan:     plan.Plan{RunID: "test", Seed: 11, DurationS: 1, Players: plan.Curve{{0, 200}}, Generators: 1, Groups: 2},
		Settings: sessionplan.Settings{Mix: operation.Mix{DigStarted: 30, TilesRevealed: 50, LootClaimed: 20}},
		Design:   "log", Rate: plan.Curve{{0, 500}}, Ledger: filepath.Join(t.TempDir(), "ledger.bin"),
	}
	setTimeout(p, 2000)
	for i, g := range gateways {
		p.Gateways = append(p.Gateways, plan.Service{Name: gatewayName(i), Address: g.Address})
	}
	for _, proxy := range proxies {
		p.Reads = append(p.Reads, plan.Service{Name: "proxy/1", Address: proxy.Address})
		p.ReadRatio = 0.5
	}
	return p
}

func setTimeout(p *sessionplan.Plan, ms int64) { p.TimeoutMs.Dig, p.TimeoutMs.Read = ms, ms }

func whole(t *testing.T, p *sessionplan.Plan) *plan.Plan {
	whole, err := p.Whole()
	if err != nil {
		t.Error(err)
	}
	return whole
}

func gatewayName(index int) string { return "gateway/" + string(rune('1'+index)) }

func startGateway(t *testing.T, delay time.Duration, decide fakebackend.Decide) *fakebackend.Gateway {
	g, err := fakebackend.StartGateway(delay, decide)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Stop)
	return g
}

// begin starts a run and returns when its second 0 has begun.
func begin(t *testing.T, p *sessionplan.Plan, queueLength int) *run {
	ours, theirs := net.Pipe()
	r := &run{plan: p, peer: frames.NewPeer(theirs), ended: make(chan struct{})}
	opened := make(chan struct{})
	go func() {
		var err error
		r.swarm, err = open(whole(t, p), frames.NewLink(ours, queueLength), func(err error) { r.failure = err })
		if err != nil {
			t.Error(err)
		}
		close(opened)
	}()
	var hello frames.Hello
	r.expect(t, "hello", &hello)
	<-opened
	var groups sync.WaitGroup
	for i := range p.Groups {
		groups.Go(func() { _ = r.swarm.Play(context.Background(), i) })
	}
	t.Cleanup(func() {
		theirs.Close()
		groups.Wait()
		_ = r.swarm.Close(10 * time.Second)
	})
	var ready frames.Ready
	r.expect(t, "ready", &ready)
	if err := r.peer.Send(frames.StartIn(0)); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *run) expect(t *testing.T, want string, into any) {
	t.Helper()
	err := r.peer.Read(func(got string) any {
		if got != want {
			t.Fatalf("message %q, want %q", got, want)
		}
		return into
	})
	if err != nil {
		t.Fatal(err)
	}
}

// follow reads frames until the end.
func (r *run) follow(t *testing.T) {
	defer close(r.ended)
	for {
		var second frames.Second
		kind := ""
		err := r.peer.Read(func(got string) any {
			if kind = got; got == "end" {
				return &r.end
			}
			return &second
		})
		if err != nil {
			t.Errorf("no end frame: %v", err)
			return
		}
		if kind == "end" {
			return
		}
		r.mu.Lock()
		r.seconds = append(r.seconds, second)
		r.mu.Unlock()
	}
}

// play runs a plan to its end.
func play(t *testing.T, p *sessionplan.Plan) *run {
	r := begin(t, p, frames.QueueLength)
	r.follow(t)
	return r
}

func (r *run) totals(action string) recorder.Counts {
	for _, c := range r.end.Totals {
		if c.Action == action {
			return c
		}
	}
	return recorder.Counts{}
}

// histogram adds a series up over all frames and those seconds that pass.
func (r *run) histogram(t *testing.T, series string, in func(second int) bool) *hdrhistogram.Histogram {
	t.Helper()
	sum := hdrhistogram.New(1, 120_000_000, 3)
	for _, frame := range r.seconds {
		for _, h := range frame.Histograms {
			if h.Series != series || !in(h.Second) {
				continue
			}
			decoded, err := hdrhistogram.Decode([]byte(h.HDR))
			if err != nil {
				t.Fatal(err)
			}
			sum.Merge(decoded)
		}
	}
	return sum
}

func always(int) bool { return true }

// ledgerRecord is a record with the lane's payload.
type ledgerRecord struct {
	ledger.Record
	Revision, Sends uint32
}

func readLedger(t *testing.T, path string) []ledgerRecord {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var records []ledgerRecord
	size := ledger.CommonSize + sessionLayout.PayloadSize
	for at := ledger.HeaderSize; at+size <= len(content); at += size {
		b, le := content[at:], binary.LittleEndian
		records = append(records, ledgerRecord{ledger.Record{
			Type: b[0], Outcome: b[1], Device: b[2], Kind: b[3], Player: le.Uint32(b[4:]), Sequence: le.Uint32(b[8:]), Digest: le.Uint32(b[12:]),
			AtUs: int64(le.Uint64(b[16:])), IntendedUs: int64(le.Uint64(b[24:])),
		}, le.Uint32(b[32:]), le.Uint32(b[36:])})
	}
	return records
}

func milliseconds(us int64) float64 { return float64(us) / 1000 }

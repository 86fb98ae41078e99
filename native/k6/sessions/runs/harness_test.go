// Package runs plays the lane in whole runs inside its tests, against fake gateways and a fake proxy.
package runs

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hunt/native/k6/frames"
	"hunt/native/k6/ledger"
	"hunt/native/k6/plan"
	"hunt/native/k6/sessions"
	"hunt/native/k6/sessions/fakebackend"
	"hunt/native/k6/sessions/operation"
	"hunt/native/k6/sessions/sessionplan"
	"hunt/native/k6/swarm"
	"hunt/native/k6/swarm/swarmtest"
)

// run is a swarm that plays inside the test, and what it said.
type run struct {
	*swarmtest.Run
	plan *sessionplan.Plan
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

var onlySessions = []swarm.Lane{sessions.Lane}

// begin starts a run and returns when its second 0 has begun.
func begin(t *testing.T, p *sessionplan.Plan, queueLength int) *run {
	return &run{swarmtest.Begin(t, whole(t, p), onlySessions, queueLength), p}
}

// playPlan runs a plan to its end.
func playPlan(t *testing.T, p *sessionplan.Plan) *run {
	r := begin(t, p, frames.QueueLength)
	r.Follow(t)
	return r
}

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
	size := ledger.CommonSize + sessions.Lane.Layout.PayloadSize
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

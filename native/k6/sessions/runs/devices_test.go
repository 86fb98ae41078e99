package runs

import (
	"sync"
	"testing"
	"time"

	"hunt/native/k6/ledger"
	"hunt/native/k6/plan"
	"hunt/native/k6/sessions"
	"hunt/native/k6/sessions/fakebackend"
	"hunt/native/k6/sessions/operation"
	"hunt/native/k6/sessions/sessionplan"
	"hunt/native/k6/sessions/sessionspb"
)

// Both devices have operations under way at once, each with sequences of its own, but only the first one opens.
func TestTwoDevicesPlayOneSessionAtOnce(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	opened := map[string]bool{}
	tooEarly, openings := 0, 0
	decide := func(o *sessionspb.Operation) *sessionspb.Answer {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case o.GetSessionOpened() != nil:
			openings++
			opened[o.GetSession()] = true
			if o.GetDevice() != 1 {
				t.Errorf("%v opens", o)
			}
		case !opened[o.GetSession()]:
			tooEarly++
		}
		return nil
	}
	p := testPlan(t, []*fakebackend.Gateway{startGateway(t, 20*time.Millisecond, decide), startGateway(t, 20*time.Millisecond, decide)})
	p.TwoDeviceShare, p.DurationS = 0.5, 2
	r := playPlan(t, p)
	digs := r.Totals("sessions.dig")
	if digs.OK != digs.Intended || digs.OK < 800 {
		t.Errorf("digs %+v", digs)
	}
	checkLedger(t, r, digs.OK)
	open, overlaps, byDevice := map[uint32]int{}, 0, map[uint8]int{}
	for _, rec := range readLedger(t, p.Ledger) {
		switch rec.Type {
		case ledger.Attempt:
			byDevice[rec.Device]++
			if open[rec.Player]++; open[rec.Player] > 1 && rec.Kind != uint8(operation.SessionOpened) && rec.Sequence > 2 {
				overlaps++
			}
			if rec.Device == 2 && !p.TwoDevices(int(rec.Player)) {
				t.Errorf("a player with one device sent %+v", rec)
			}
		case ledger.Outcome:
			open[rec.Player]--
		}
	}
	if byDevice[2] < 200 || byDevice[1] <= byDevice[2] || overlaps < 100 {
		t.Errorf("attempts by device %v, %d of them beside one of the other device", byDevice, overlaps)
	}
	if tooEarly > 0 || openings != len(opened) {
		t.Errorf("%d digs came before the opening; %d openings of %d sessions", tooEarly, openings, len(opened))
	}
}

// Each device finds the owner by itself, the second one from another first belief.
func TestEachDeviceLearnsTheOwnerForItself(t *testing.T) {
	t.Parallel()
	var l log
	first := startGateway(t, time.Millisecond, func(o *sessionspb.Operation) *sessionspb.Answer {
		l.note("1", o)
		return nil
	})
	second := startGateway(t, time.Millisecond, func(o *sessionspb.Operation) *sessionspb.Answer {
		l.note("2", o)
		return &sessionspb.Answer{Outcome: sessionspb.Outcome_OUTCOME_MOVED, Owner: "gateway/1"}
	})
	p := testPlan(t, []*fakebackend.Gateway{first, second})
	p.TwoDeviceShare = 1
	r := playPlan(t, p)
	if digs := r.Totals("sessions.dig"); digs.OK != digs.Intended {
		t.Errorf("digs %+v, want all ok", digs)
	}
	moved := map[string]int{}
	for key, sent := range l.all() {
		if len(sent) == 2 {
			session, name := key[:11], key[11:]
			if name != "/1/1" && name != "/1/2" && name != "/2/1" {
				t.Errorf("%s%s went to gateway/2 again: %v", session, name, sent)
			}
			moved[name]++
		}
	}
	if moved["/1/2"] < 30 || moved["/2/1"] < 10 {
		t.Errorf("moved: %v", moved)
	}
}

// While a read is under way the other device is acknowledged more: the read is held to what was known when it was sent.
func TestAReadIsHeldToWhatWasKnownWhenItWasSent(t *testing.T) {
	t.Parallel()
	gateway := startGateway(t, time.Millisecond, nil)
	proxy, err := fakebackend.StartProxy(40*time.Millisecond, 200, func(_ string, minRevision uint64) uint64 { return minRevision })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	p := testPlan(t, []*fakebackend.Gateway{gateway}, proxy)
	p.TwoDeviceShare, p.AuditedShare, p.ReadOwnWrites = 1, 1, true
	p.Players, p.ReadRatio = plan.Curve{{0, 20}}, 0.3
	r := playPlan(t, p)
	last := r.Seconds[len(r.Seconds)-1].Lanes[sessionplan.ID].Counters
	if reads := r.Totals("sessions.read"); reads.OK != reads.Intended || last["readsBack"]+last["readsStale"] > 0 {
		t.Errorf("reads %+v: %d went back, %d were stale", reads, last["readsBack"], last["readsStale"])
	}
	// ... and there were reads that were overtaken, or this shows nothing.
	acked, asked, overtaken := map[uint32]uint32{}, map[[2]uint32]uint32{}, 0
	for _, rec := range readLedger(t, p.Ledger) {
		on := [2]uint32{rec.Player, uint32(rec.Device)}
		switch rec.Type {
		case ledger.Outcome:
			acked[rec.Player] = max(acked[rec.Player], rec.Revision)
		case ledger.ReadAttempt:
			if asked[on] = rec.Revision; rec.Revision != acked[rec.Player] {
				t.Errorf("%+v, acknowledged was %d", rec, acked[rec.Player])
			}
		case ledger.ReadOutcome:
			if rec.Revision != asked[on] {
				t.Errorf("%+v, asked for was %d", rec, asked[on])
			}
			if acked[rec.Player] > rec.Revision {
				overtaken++
			}
		}
	}
	if overtaken < 10 {
		t.Errorf("only %d reads were overtaken", overtaken)
	}
}

func TestEveryReadOfTheAuditedPlayersIsInTheLedgerBeforeItIsSent(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var path string
	missing, audited := 0, int64(0)
	p := &sessionplan.Plan{}
	proxy, err := fakebackend.StartProxy(0, 200, func(session string, _ uint64) uint64 {
		mu.Lock()
		defer mu.Unlock()
		attempts, outcomes, player := 0, 0, -1
		for _, rec := range readLedger(t, path) {
			if sessions.SessionName(int(rec.Player)) != session {
				continue
			}
			player = int(rec.Player)
			switch rec.Type {
			case ledger.ReadAttempt:
				attempts++
			case ledger.ReadOutcome:
				outcomes++
			}
		}
		if p.Audited(player) {
			audited++
			if attempts <= outcomes {
				missing++
			}
		}
		return 1
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	*p = *testPlan(t, []*fakebackend.Gateway{startGateway(t, time.Millisecond, nil)}, proxy)
	p.TwoDeviceShare, p.AuditedShare, path = 0.1, 0.2, p.Ledger
	p.Rate = plan.Curve{{0, 200}}
	playPlan(t, p)
	attempts, outcomes := int64(0), int64(0)
	number := map[[2]uint32]uint32{}
	for _, rec := range readLedger(t, p.Ledger) {
		on := [2]uint32{rec.Player, uint32(rec.Device)}
		switch rec.Type {
		case ledger.ReadAttempt:
			attempts++
			if number[on]++; rec.Sequence != number[on] || rec.Kind != 0 || !p.Audited(int(rec.Player)) {
				t.Errorf("attempt %+v", rec)
			}
		case ledger.ReadOutcome:
			outcomes++
			if rec.Sequence != number[on] || rec.Outcome != ledger.OK || rec.Revision != 1 || rec.Sends != 1 {
				t.Errorf("outcome %+v", rec)
			}
		}
	}
	if attempts != audited || outcomes != audited || missing > 0 || audited < 10 {
		t.Errorf("%d reads of audited players; %d attempts, %d outcomes, %d attempts not in time", audited, attempts, outcomes, missing)
	}
}

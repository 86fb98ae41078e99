package runs

import (
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"hunt/native/k6/frames"
	"hunt/native/k6/ledger"
	"hunt/native/k6/plan"
	"hunt/native/k6/sessions"
	"hunt/native/k6/sessions/fakebackend"
	"hunt/native/k6/sessions/operation"
	"hunt/native/k6/sessions/sessionplan"
	"hunt/native/k6/sessions/sessionspb"
	"hunt/native/k6/swarm/swarmtest"
)

func TestEveryActionIsSentOnceAnsweredAndInTheLedgerWithItsOpeningFirst(t *testing.T) {
	t.Parallel()
	proxy, err := fakebackend.StartProxy(time.Millisecond, 200, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	gateways := []*fakebackend.Gateway{startGateway(t, 2*time.Millisecond, nil), startGateway(t, 2*time.Millisecond, nil)}
	r := playPlan(t, testPlan(t, gateways, proxy))

	digs, reads := r.Totals("sessions.dig"), r.Totals("sessions.read")
	planned := 0
	arrivals := sessionplan.NewArrivals(r.plan, plan.Activity(&r.plan.Plan))
	for a, more := arrivals.Next(math.MaxInt64); more; a, more = arrivals.Next(math.MaxInt64) {
		if a.Action == sessionplan.Dig {
			planned++
		}
	}
	if digs.Intended != int64(planned) || digs.Sent != digs.Intended || digs.OK != digs.Intended {
		t.Errorf("digs %+v, want all %d ok", digs, planned)
	}
	if reads.Intended == 0 || reads.OK != reads.Intended {
		t.Errorf("reads %+v, want all ok", reads)
	}
	for _, series := range []string{"response", "service", "blocked", "scheduleLag"} {
		if got := r.Histogram(t, "sessions.dig."+series, swarmtest.Always).TotalCount(); got != digs.Intended {
			t.Errorf("%d values of %s, want %d", got, series, digs.Intended)
		}
	}
	if r.End.Reason != frames.Finished || r.End.Frames != len(r.Seconds) {
		t.Errorf("end %+v after %d frames", r.End, len(r.Seconds))
	}
	checkLedger(t, r, digs.OK)
}

func checkLedger(t *testing.T, r *run, digsOK int64) {
	records := readLedger(t, r.plan.Ledger)
	if last := records[len(records)-1]; last.Type != 255 || uint64(last.Player) != r.End.LedgerRecords[sessionplan.ID] || int(last.Player) != len(records)-1 {
		t.Errorf("closing record %+v behind %d records; the end frame says %d", last, len(records)-1, r.End.LedgerRecords[sessionplan.ID])
	}
	type onDevice struct {
		player uint32
		device uint8
	}
	type triple struct {
		onDevice
		sequence uint32
	}
	attempts := map[triple]ledgerRecord{}
	highest := map[onDevice]uint32{}
	ok := int64(0)
	for _, rec := range records[:len(records)-1] {
		if rec.Type == ledger.ReadAttempt || rec.Type == ledger.ReadOutcome {
			continue
		}
		on := onDevice{rec.Player, rec.Device}
		key := triple{on, rec.Sequence}
		attempt, tried := attempts[key]
		if rec.Type == ledger.Attempt {
			opens := rec.Kind == uint8(operation.SessionOpened)
			if highest[on]++; tried || rec.Sequence != highest[on] || (rec.Device == 1 && rec.Sequence == 1) != opens {
				t.Fatalf("attempt %+v is out of order", rec)
			}
			attempts[key] = rec
			continue
		}
		if !tried || rec.Digest != attempt.Digest || rec.AtUs < attempt.AtUs || rec.Sends == 0 {
			t.Fatalf("outcome %+v does not follow its attempt %+v", rec, attempt)
		}
		if rec.Outcome == ledger.OK && rec.Kind != uint8(operation.SessionOpened) {
			ok++
			if rec.Revision == 0 {
				t.Errorf("outcome %+v without the revision", rec)
			}
		}
		delete(attempts, key)
	}
	if ok != digsOK || len(attempts) != 0 {
		t.Errorf("%d digs ok in the ledger, want %d; %d attempts without an outcome", ok, digsOK, len(attempts))
	}
}

func TestAttemptsAreInTheLedgerBeforeTheirOperationsAreSent(t *testing.T) {
	t.Parallel()
	var path string
	var mu sync.Mutex
	seen, missing := 0, 0
	g := startGateway(t, 0, func(o *sessionspb.Operation) *sessionspb.Answer {
		mu.Lock()
		defer mu.Unlock()
		seen++
		if !slices.ContainsFunc(readLedger(t, path), func(rec ledgerRecord) bool {
			return rec.Type == ledger.Attempt && sessions.SessionName(int(rec.Player)) == o.GetSession() && rec.Sequence == o.GetSequence()
		}) {
			missing++
		}
		return nil
	})
	p := testPlan(t, []*fakebackend.Gateway{g})
	path = p.Ledger
	playPlan(t, p)
	if seen < 500 || missing > 0 {
		t.Errorf("%d of %d operations came before their attempt was in the ledger", missing, seen)
	}
}

// log notes what a fake gateway was sent.
type log struct {
	mu   sync.Mutex
	sent map[string][]string // by triple: gateway and payload
}

func (l *log) note(gateway string, o *sessionspb.Operation) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sent == nil {
		l.sent = map[string][]string{}
	}
	key := fmt.Sprintf("%s/%d/%d", o.GetSession(), o.GetDevice(), o.GetSequence())
	l.sent[key] = append(l.sent[key], fmt.Sprintf("%s %v", gateway, payload(o)))
	return len(l.sent[key])
}

func (l *log) all() map[string][]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.sent)
}

func payload(o *sessionspb.Operation) string {
	return fmt.Sprint(o.GetSessionOpened(), o.GetDigStarted(), o.GetTilesRevealed(), o.GetLootClaimed())
}

func TestAMovedSessionIsSentAgainToItsOwnerAndRemembered(t *testing.T) {
	t.Parallel()
	var l log
	first := startGateway(t, time.Millisecond, func(o *sessionspb.Operation) *sessionspb.Answer {
		l.note("1", o)
		return &sessionspb.Answer{Outcome: sessionspb.Outcome_OUTCOME_MOVED, Owner: "gateway/2"}
	})
	second := startGateway(t, time.Millisecond, func(o *sessionspb.Operation) *sessionspb.Answer {
		l.note("2", o)
		return nil
	})
	r := playPlan(t, testPlan(t, []*fakebackend.Gateway{first, second}))
	if digs := r.Totals("sessions.dig"); digs.OK != digs.Intended {
		t.Errorf("digs %+v, want all ok", digs)
	}
	moved := map[string]bool{}
	for key, sent := range l.all() {
		if len(sent) > 2 || (len(sent) == 2 && sent[0][1:] != sent[1][1:]) {
			t.Errorf("%s was sent as %v", key, sent)
		}
		if len(sent) == 2 {
			session := key[:11]
			if key[11:] != "/1/1" && key[11:] != "/1/2" {
				t.Errorf("%s went to gateway/1 again: %v", session, sent)
			}
			moved[session] = true
		}
	}
	if len(moved) < 50 {
		t.Errorf("only %d of 200 sessions moved", len(moved))
	}
}

func TestOutcomesFollowWhatMayHaveBeenApplied(t *testing.T) {
	unknown := &sessionspb.Answer{Outcome: sessionspb.Outcome_OUTCOME_UNKNOWN}
	fail := &sessionspb.Answer{Outcome: sessionspb.Outcome_OUTCOME_FAIL}
	silence := &sessionspb.Answer{Reason: fakebackend.Silence}
	for name, c := range map[string]struct {
		answers           []*sessionspb.Answer // to the sendings of a dig; then ok
		ok, fail, unknown int64
	}{
		"unknown is asked again elsewhere":            {answers: []*sessionspb.Answer{unknown}, ok: 1},
		"refused is final":                            {answers: []*sessionspb.Answer{fail}, fail: 1},
		"refused after unknown may have been applied": {answers: []*sessionspb.Answer{unknown, fail}, unknown: 1},
		"no answer is unknown":                        {answers: []*sessionspb.Answer{silence}, unknown: 1},
	} {
		t.Run(name, func(t *testing.T) {
			var l log
			decide := func(gateway string) fakebackend.Decide {
				return func(o *sessionspb.Operation) *sessionspb.Answer {
					if o.GetSessionOpened() != nil {
						return nil
					}
					if n := l.note(gateway, o); n <= len(c.answers) {
						return &sessionspb.Answer{Outcome: c.answers[n-1].GetOutcome(), Reason: c.answers[n-1].GetReason()}
					}
					return nil
				}
			}
			p := testPlan(t, []*fakebackend.Gateway{startGateway(t, 0, decide("1")), startGateway(t, 0, decide("2"))})
			setTimeout(p, 700)
			p.DurationS, p.Players = 0.3, plan.Curve{{0, 5000}}
			r := playPlan(t, p)
			d := r.Totals("sessions.dig")
			if d.OK != c.ok*d.Intended || d.Fail != c.fail*d.Intended || d.Unknown != c.unknown*d.Intended {
				t.Errorf("digs %+v", d)
			}
			for key, sent := range l.all() {
				if len(sent) > 1 && (sent[0][0] == sent[1][0] || sent[0][1:] != sent[1][1:]) {
					t.Errorf("%s was sent as %v", key, sent)
				}
			}
			response := r.Histogram(t, "sessions.dig.response", swarmtest.Always)
			if c.ok == 0 && response.Min() < 690_000 {
				t.Errorf("a failure counts as %d us, want at least the timeout", response.Min())
			}
			checkLedger(t, r, d.OK)
		})
	}
}

func TestBlockedIsThePlayersOwnQueueAndServiceIsTheSystem(t *testing.T) {
	// 20 players act 50 times per second each and are answered after 40 ms: half of the load.
	p := testPlan(t, []*fakebackend.Gateway{startGateway(t, 40*time.Millisecond, nil)})
	setTimeout(p, 5000)
	p.Players, p.Rate, p.DurationS = plan.Curve{{0, 20}}, plan.Curve{{0, 1000}}, 1
	r := playPlan(t, p)

	service := r.Histogram(t, "sessions.dig.service", swarmtest.Always)
	if p50 := milliseconds(service.ValueAtQuantile(50)); p50 < 39 || p50 > 80 {
		t.Errorf("service p50 is %v ms, want about 40", p50)
	}
	lag := r.Histogram(t, "sessions.dig.scheduleLag", swarmtest.Always)
	// The same queue by arithmetic.
	perActionUs := int64(service.Mean() + lag.Mean())
	free := make([]int64, 20)
	var waits, count float64
	arrivals := sessionplan.NewArrivals(p, plan.Activity(&p.Plan))
	for a, more := arrivals.Next(math.MaxInt64); more; a, more = arrivals.Next(math.MaxInt64) {
		begun := max(a.AtUs, free[a.Player])
		free[a.Player] = begun + perActionUs
		waits += float64(begun - a.AtUs)
		count++
	}
	blocked := r.Histogram(t, "sessions.dig.blocked", swarmtest.Always)
	if got, want := blocked.Mean(), waits/count; math.Abs(got-want) > 0.1*want {
		t.Errorf("blocked is %.0f us on average, the queue's arithmetic says %.0f", got, want)
	}
	if lag.Mean() > 0.1*blocked.Mean() {
		t.Errorf("schedule lag is %.0f us: waiting for the player's own action is not the generator's fault", lag.Mean())
	}
	response := r.Histogram(t, "sessions.dig.response", swarmtest.Always)
	if sum := blocked.Mean() + service.Mean() + lag.Mean(); math.Abs(response.Mean()-sum) > 0.02*sum {
		t.Errorf("response is %.0f us on average, its parts are %.0f", response.Mean(), sum)
	}
}

func TestLateAnswersCountInTheSecondOfTheIntendedStart(t *testing.T) {
	t.Parallel()
	p := testPlan(t, []*fakebackend.Gateway{startGateway(t, 1500*time.Millisecond, nil)})
	setTimeout(p, 4000)
	p.Players, p.Rate = plan.Curve{{0, 5000}}, plan.Curve{{0, 300}}
	r := playPlan(t, p)
	digs := r.Totals("sessions.dig")
	if got := r.Histogram(t, "sessions.dig.response", func(second int) bool { return second == 0 }); got.TotalCount() != digs.Intended || got.Min() < 1_490_000 {
		t.Errorf("%d answers of second 0 from %d us on, want all %d after 1.5 s", got.TotalCount(), got.Min(), digs.Intended)
	}
	first := r.Seconds[0]
	if len(first.Open) != 1 || first.Open[0].Second != 0 || first.Open[0].Count < digs.Intended*9/10 {
		t.Errorf("open after the first second: %+v, want nearly all %d", first.Open, digs.Intended)
	}
	if last := r.Seconds[len(r.Seconds)-1]; len(last.Open) != 0 {
		t.Errorf("open at the end: %+v", last.Open)
	}
}

func TestASlowReaderOfFramesGetsThemMergedAndLosesNothing(t *testing.T) {
	t.Parallel()
	p := testPlan(t, []*fakebackend.Gateway{startGateway(t, time.Millisecond, nil)})
	p.DurationS = 4.5
	r := begin(t, p, 1)
	// Nothing is read for 3.5 s: one frame is being written, one waits, the others merge.
	time.Sleep(3500 * time.Millisecond)
	r.Follow(t)
	digs := r.Totals("sessions.dig")
	if len(r.Seconds) > 4 || r.End.Frames != len(r.Seconds) {
		t.Errorf("%d frames, the end says %d, want at most 4", len(r.Seconds), r.End.Frames)
	}
	var counted int64
	for _, frame := range r.Seconds {
		for _, c := range frame.Counts {
			counted += c.OK
		}
	}
	if digs.OK != digs.Intended || counted != digs.OK || r.Histogram(t, "sessions.dig.response", swarmtest.Always).TotalCount() != digs.OK {
		t.Errorf("frames count %d ok, totals are %+v", counted, digs)
	}
}

func TestStopDrainsAndSaysSo(t *testing.T) {
	t.Parallel()
	p := testPlan(t, []*fakebackend.Gateway{startGateway(t, 200*time.Millisecond, nil)})
	p.DurationS = 30
	r := begin(t, p, frames.QueueLength)
	time.AfterFunc(500*time.Millisecond, func() { _ = r.Peer.Send(frames.Command{Type: "stop"}) })
	began := time.Now()
	r.Follow(t)
	digs := r.Totals("sessions.dig")
	if r.End.Reason != frames.Stopped || digs.OK != digs.Intended || digs.Intended < 100 || time.Since(began) > 2*time.Second {
		t.Errorf("end %q after %v, digs %+v", r.End.Reason, time.Since(began), digs)
	}
	checkLedger(t, r, digs.OK)
}

func TestAnExistingLedgerIsNotOverwritten(t *testing.T) {
	t.Parallel()
	p := testPlan(t, []*fakebackend.Gateway{startGateway(t, time.Millisecond, nil)})
	if err := os.WriteFile(p.Ledger, []byte("evidence"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := begin(t, p, frames.QueueLength)
	r.Follow(t)
	if content, _ := os.ReadFile(p.Ledger); string(content) != "evidence" || r.End.Reason != frames.Failed {
		t.Errorf("end %+v, ledger %q", r.End, content)
	}
}

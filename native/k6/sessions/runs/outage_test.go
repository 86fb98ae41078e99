package runs

import (
	"testing"
	"time"

	"hunt/native/k6/frames"
	"hunt/native/k6/plan"
	"hunt/native/k6/sessions/fakebackend"
	"hunt/native/k6/sessions/sessionspb"
	"hunt/native/k6/swarm/swarmtest"
)

func startRelay(t *testing.T, target string) *fakebackend.Relay {
	r, err := fakebackend.StartRelay(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	return r
}

func TestWhatWasWithABrokenStreamIsSentAgainElsewhereAsTheSameTriple(t *testing.T) {
	t.Parallel()
	var l log
	// Gateway 1 takes operations and never answers; then its connections break for good.
	first := startGateway(t, 0, func(o *sessionspb.Operation) *sessionspb.Answer {
		l.note("1", o)
		return &sessionspb.Answer{Reason: fakebackend.Silence}
	})
	second := startGateway(t, time.Millisecond, func(o *sessionspb.Operation) *sessionspb.Answer {
		l.note("2", o)
		return nil
	})
	relay := startRelay(t, first.Address)
	p := testPlan(t, []*fakebackend.Gateway{first, second})
	p.Gateways[0].Address = relay.Address
	p.Players = plan.Curve{{0, 5000}}
	r := begin(t, p, frames.QueueLength)
	time.AfterFunc(500*time.Millisecond, relay.Stop)
	r.Follow(t)
	digs := r.Totals("sessions.dig")
	if digs.OK != digs.Intended {
		t.Errorf("digs %+v, want all ok", digs)
	}
	twice := 0
	for key, sent := range l.all() {
		if len(sent) == 2 && sent[0][0] == '1' && sent[1][0] == '2' && sent[0][1:] == sent[1][1:] {
			twice++
		} else if len(sent) != 1 {
			t.Errorf("%s was sent as %v", key, sent)
		}
	}
	if twice < 100 {
		t.Errorf("only %d operations were sent again", twice)
	}
	checkLedger(t, r, digs.OK)
}

func TestAFrozenGatewayIsLeftAndItsOperationsGoElsewhere(t *testing.T) {
	t.Parallel()
	gateways := []*fakebackend.Gateway{startGateway(t, time.Millisecond, nil), startGateway(t, time.Millisecond, nil)}
	relay := startRelay(t, gateways[0].Address)
	p := testPlan(t, gateways)
	p.Gateways[0].Address = relay.Address
	setTimeout(p, 5000)
	p.DurationS, p.Players = 5, plan.Curve{{0, 5000}}
	r := begin(t, p, frames.QueueLength)
	time.AfterFunc(time.Second, relay.Freeze)
	r.Follow(t)
	digs := r.Totals("sessions.dig")
	if digs.OK != digs.Intended {
		t.Errorf("digs %+v, want all ok", digs)
	}
	inFreeze := func(second int) bool { return second == 1 }
	response := r.Histogram(t, "sessions.dig.response", inFreeze)
	if p90 := milliseconds(response.ValueAtQuantile(90)); p90 < 1000 || p90 > 4000 {
		t.Errorf("response p90 in the freeze is %v ms, want about the 2.5 s until it is noticed", p90)
	}
	after := r.Histogram(t, "sessions.dig.response", func(second int) bool { return second == 4 })
	if p90 := milliseconds(after.ValueAtQuantile(90)); p90 > 500 {
		t.Errorf("response p90 is %v ms after the frozen gateway was left", p90)
	}
	checkLag(t, r)
	relay.Thaw()
}

func TestAShortFreezeCostsTimeAndNoStream(t *testing.T) {
	t.Parallel()
	g := startGateway(t, time.Millisecond, nil)
	relay := startRelay(t, g.Address)
	p := testPlan(t, []*fakebackend.Gateway{g})
	p.Gateways[0].Address = relay.Address
	setTimeout(p, 5000)
	p.DurationS = 4
	r := begin(t, p, frames.QueueLength)
	time.AfterFunc(time.Second, relay.Freeze)
	time.AfterFunc(2700*time.Millisecond, relay.Thaw)
	r.Follow(t)
	digs := r.Totals("sessions.dig")
	last := r.Seconds[len(r.Seconds)-1].Generator
	if digs.OK != digs.Intended || last.Reconnects != 0 || last.Resent != 0 {
		t.Errorf("digs %+v, generator %+v", digs, last)
	}
	// 500/s over 200 players for 1.7 s: most players wait for an action of their own.
	blocked := r.Histogram(t, "sessions.dig.blocked", func(second int) bool { return second == 1 || second == 2 })
	if p90 := milliseconds(blocked.ValueAtQuantile(90)); p90 < 500 {
		t.Errorf("blocked p90 in the freeze is %v ms", p90)
	}
	checkLag(t, r)
}

// checkLag holds that hardly anything of an outage is put down to the generator.
func checkLag(t *testing.T, r *run) {
	t.Helper()
	lag := r.Histogram(t, "sessions.dig.scheduleLag", swarmtest.Always)
	response := r.Histogram(t, "sessions.dig.response", swarmtest.Always)
	if lag.Mean() > 0.1*response.Mean() {
		t.Errorf("schedule lag is %.0f us on average, response %.0f us, in an outage of the system", lag.Mean(), response.Mean())
	}
}

func TestReadsThatAreRefusedFailAndReadsThatHangAreUnknown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		delay         time.Duration
		status        int
		fail, unknown bool
	}{
		{name: "refused", status: 503, fail: true},
		{name: "hanging", delay: 3 * time.Second, status: 200, unknown: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			proxy, err := fakebackend.StartProxy(c.delay, c.status, nil)
			if err != nil {
				t.Fatal(err)
			}
			p := testPlan(t, []*fakebackend.Gateway{startGateway(t, time.Millisecond, nil)}, proxy)
			setTimeout(p, 800)
			p.Rate = plan.Curve{{0, 20}}
			r := playPlan(t, p)
			reads := r.Totals("sessions.read")
			if reads.Intended == 0 || (reads.Fail > 0) != c.fail || (reads.Unknown > 0) != c.unknown || reads.OK > 0 {
				t.Errorf("reads %+v", reads)
			}
			if got := r.Histogram(t, "sessions.read.failed", swarmtest.Always).TotalCount(); got != reads.Intended {
				t.Errorf("%d failures are timed, want %d", got, reads.Intended)
			}
			go proxy.Stop()
		})
	}
}

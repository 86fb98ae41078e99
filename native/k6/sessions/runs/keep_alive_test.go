package runs

import (
	"testing"
	"time"

	"hunt/native/k6/plan"
	"hunt/native/k6/sessions/fakebackend"
	"hunt/native/k6/sessions/sessionplan"
)

// Both gateways hear of every session, since either may own it.
func TestNoSessionIsSilentForLongerThanTheKeepAliveInterval(t *testing.T) {
	first, second := startGateway(t, time.Millisecond, nil), startGateway(t, time.Millisecond, nil)
	p := testPlan(t, []*fakebackend.Gateway{first, second})
	p.DurationS, p.KeepAliveS = 4, 1
	// Everybody digs about once, at the beginning.
	p.Rate = plan.Curve{{0, 600}, {0.5, 600}, {0.5, 0}, {3.9, 0}, {3.9, 20}}
	r := playPlan(t, p)
	if digs := r.Totals("sessions.dig"); digs.OK < 200 || digs.OK != digs.Intended {
		t.Fatalf("digs: %+v", digs)
	}
	total := int64(0)
	for _, gateway := range []*fakebackend.Gateway{first, second} {
		count, sessions := gateway.KeepAlives()
		if sessions < 150 || count < 3*sessions {
			t.Errorf("%d keep-alives of %d sessions", count, sessions)
		}
		// A session that is served elsewhere is first heard of by its first keep-alive.
		if silence := gateway.Silence(); silence > 1300*time.Millisecond {
			t.Errorf("a session was silent for %v", silence)
		}
		total = max(total, int64(count))
	}
	if last := r.Seconds[len(r.Seconds)-1].Lanes[sessionplan.ID].Counters["keepAlives"]; last < total || last > 2*total {
		t.Errorf("the frames say %d keep-alives, a gateway got %d", last, total)
	}
}

func TestAPlanWithoutKeepAlivesSendsNone(t *testing.T) {
	gateway := startGateway(t, time.Millisecond, nil)
	playPlan(t, testPlan(t, []*fakebackend.Gateway{gateway}))
	if count, _ := gateway.KeepAlives(); count != 0 {
		t.Errorf("%d keep-alives", count)
	}
}

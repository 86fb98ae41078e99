package runs

import (
	"testing"
	"time"

	"hunt/native/k6/plan"
	"hunt/native/k6/sessions/fakebackend"
	"hunt/native/k6/sessions/sessionplan"
	"hunt/native/k6/swarm/swarmtest"
)

func TestEachNetworkPlaysOverItsOwnAddressesAndIsTimedByItself(t *testing.T) {
	near, far := startGateway(t, 0, nil), startGateway(t, 60*time.Millisecond, nil)
	p := testPlan(t, []*fakebackend.Gateway{near})
	p.ByNetwork = map[string]plan.Targets{}
	for _, each := range []struct {
		name    string
		share   float64
		gateway *fakebackend.Gateway
	}{{"lan", 0.75, near}, {"mobile-4g", 0.25, far}} {
		p.Networks = append(p.Networks, plan.Network{Name: each.name, Share: each.share})
		p.ByNetwork[each.name] = sessionplan.Targets([]plan.Service{{Name: "gateway/1", Address: each.gateway.Address}}, nil)
	}
	r := playPlan(t, p)
	whole := r.Totals("sessions.dig")
	var intended, ok int64
	for _, name := range []string{"lan", "mobile-4g"} {
		action := "sessions.dig/" + name
		if r.Totals(action).Action != "" {
			t.Errorf("the totals of all players name %s", action)
		}
		own := int64(0)
		for _, second := range r.Seconds {
			for _, c := range second.Counts {
				if c.Action == action {
					own += c.Intended
					ok += c.OK
				}
			}
		}
		if own == 0 {
			t.Errorf("nobody dug on %s", name)
		}
		intended += own
	}
	if intended != whole.Intended || ok != whole.OK || ok == 0 {
		t.Errorf("networks have %d intended and %d ok, all players %d and %d", intended, ok, whole.Intended, whole.OK)
	}
	nearMs := milliseconds(r.Histogram(t, "sessions.dig/lan.service", swarmtest.Always).ValueAtQuantile(50))
	farMs := milliseconds(r.Histogram(t, "sessions.dig/mobile-4g.service", swarmtest.Always).ValueAtQuantile(50))
	if farMs < 60 || nearMs > farMs-30 {
		t.Errorf("service p50 is %v ms on lan and %v ms on mobile-4g, whose gateway waits 60 ms", nearMs, farMs)
	}
}

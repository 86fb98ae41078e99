package runs

import (
	"sync/atomic"
	"testing"
	"time"

	"hunt/native/k6/plan"
	"hunt/native/k6/sessions/fakebackend"
	"hunt/native/k6/sessions/sessionplan"
)

func TestReadsThatGoBackOrAreStaleAreCountedOverBothProtocols(t *testing.T) {
	for _, protocol := range []string{sessionplan.ReadsOverHTTP, sessionplan.ReadsOverGRPC} {
		for _, c := range []struct {
			name        string
			own         bool
			read        func(asked uint64, nth int64) uint64
			back, stale bool
		}{
			{"as asked", true, func(asked uint64, _ int64) uint64 { return asked }, false, false},
			{"ahead", true, func(asked uint64, nth int64) uint64 { return asked + 1000 + uint64(nth) }, false, false},
			{"one behind", true, func(asked uint64, _ int64) uint64 { return asked - 1 }, false, true},
			{"old but never asked for more", false, func(uint64, int64) uint64 { return 1 }, false, false},
			{"back now and then", false, func(_ uint64, nth int64) uint64 { return uint64(1000 + nth - nth%3*100) }, true, false},
		} {
			t.Run(protocol+" "+c.name, func(t *testing.T) {
				var reads, asked atomic.Int64
				proxy, err := fakebackend.StartProxy(0, 200, func(_ string, minRevision uint64) uint64 {
					asked.Add(int64(minRevision))
					return c.read(minRevision, reads.Add(1))
				})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(proxy.Stop)
				p := testPlan(t, []*fakebackend.Gateway{startGateway(t, time.Millisecond, nil)}, proxy)
				p.ReadOwnWrites, p.ReadProtocol = c.own, protocol
				if protocol == sessionplan.ReadsOverGRPC {
					p.Reads[0].Address = proxy.GRPCAddress
				}
				p.Players, p.DurationS = plan.Curve{{0, 20}}, 0.5
				r := playPlan(t, p)
				done := r.Totals("sessions.read")
				if done.OK < 50 || done.OK != done.Intended || done.OK != reads.Load() {
					t.Errorf("%d reads came: %+v", reads.Load(), done)
				}
				// For the session alone each read asks for one revision.
				if asked.Load() < reads.Load() || (asked.Load() > reads.Load()) != c.own {
					t.Errorf("%d reads asked for %d revisions in all", reads.Load(), asked.Load())
				}
				last := r.Seconds[len(r.Seconds)-1].Lanes[sessionplan.ID].Counters
				if (last["readsBack"] > 0) != c.back || (last["readsStale"] > 0) != c.stale {
					t.Errorf("%d went back, %d were stale", last["readsBack"], last["readsStale"])
				}
			})
		}
	}
}

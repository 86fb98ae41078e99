package runs

import (
	"testing"
	"time"

	"hunt/native/k6/frames"
	"hunt/native/k6/plan"
	"hunt/native/k6/sessions/fakebackend"
	"hunt/native/k6/sessions/sessionplan"
)

func TestAReadIsLateWhenItDoesNotShowWhatIsASecondOld(t *testing.T) {
	for _, c := range []struct {
		name string
		read uint64
		late bool
	}{
		{"stuck at revision 1", 1, true},
		{"up to date", 1 << 30, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			proxy, err := fakebackend.StartProxy(0, 200, func(string, uint64) uint64 { return c.read })
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(proxy.Stop)
			p := testPlan(t, []*fakebackend.Gateway{startGateway(t, time.Millisecond, nil)}, proxy)
			p.Players, p.DurationS = plan.Curve{{0, 20}}, 2
			r := playPlan(t, p)
			var sum frames.Compared
			told := map[int]int{}
			for _, frame := range r.Seconds {
				for _, counts := range frame.Lanes[sessionplan.ID].Compared {
					sum.Checked += counts.Checked
					sum.Settled += counts.Settled
					sum.Late += counts.Late
					if counts.Second == 0 && counts.Settled > 0 {
						t.Errorf("nothing is a second old in second 0: %+v", counts)
					}
				}
				for _, v := range frame.Lanes[sessionplan.ID].Findings {
					told[int(v.SentUs/1_000_000)]++
					if v.Rule != frames.ReadWasLate || v.Got >= v.Wanted || v.SentUs-v.AcknowledgedUs < 1_000_000 {
						t.Errorf("told of %+v", v)
					}
				}
			}
			if sum.Checked != r.Totals("sessions.read").OK || sum.Settled == 0 {
				t.Errorf("%+v of %+v", sum, r.Totals("sessions.read"))
			}
			if (sum.Late > 0) != c.late || (len(told) > 0) != c.late || told[1] > 3 {
				t.Errorf("%+v, told %v", sum, told)
			}
		})
	}
}

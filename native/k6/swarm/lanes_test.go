package swarm_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hunt/native/k6/fakelane"
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

var both = []swarm.Lane{sessions.Lane, fakelane.Lane}

// sessionsLane digs 300 times per second against a gateway that answers after 1 ms.
func sessionsLane(t *testing.T) plan.Lane {
	gateway, err := fakebackend.StartGateway(time.Millisecond, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(gateway.Stop)
	p := sessionplan.Plan{
		Settings: sessionplan.Settings{Mix: operation.Mix{DigStarted: 1}}, Design: "log", Rate: plan.Curve{{0, 300}},
		Gateways: []plan.Service{{Name: "gateway/1", Address: gateway.Address}}, Ledger: filepath.Join(t.TempDir(), "ledger.bin"),
	}
	p.TimeoutMs.Dig, p.TimeoutMs.Read = 2000, 2000
	lane, err := p.Lane()
	if err != nil {
		t.Fatal(err)
	}
	return lane
}

// tallyLane marks 200 times per second, and looks every other time.
func tallyLane(t *testing.T, service *fakelane.Service, timeoutMs int64) plan.Lane {
	t.Cleanup(service.Stop)
	return plan.Lane{
		ID: fakelane.ID, Design: "memory", Rate: plan.Curve{{0, 200}}, Ledger: filepath.Join(t.TempDir(), "ledger.bin"),
		Actions:  map[string]plan.Action{"mark": {TimeoutMs: timeoutMs}, "look": {TimeoutMs: 2000}},
		Targets:  plan.Targets{"services": {{Name: "tally/1", Address: service.Address}}},
		Settings: json.RawMessage(`{"readRatio": 0.5}`),
	}
}

func planOf(lanes ...plan.Lane) *plan.Plan {
	return &plan.Plan{
		Version: plan.Version, RunID: "test", Seed: 11, DurationS: 1, Players: plan.Curve{{0, 50}}, Skew: 1,
		Generators: 1, Groups: 2, Lanes: lanes,
	}
}

func playAll(t *testing.T, p *plan.Plan) *swarmtest.Run {
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	r := swarmtest.Begin(t, p, both, frames.QueueLength)
	r.Follow(t)
	return r
}

func TestTwoLanesPlayBesideEachOtherEachWithItsCountsAndItsLedger(t *testing.T) {
	t.Parallel()
	service := fakelane.StartService(time.Millisecond, nil)
	p := planOf(sessionsLane(t), tallyLane(t, service, 2000))
	r := playAll(t, p)
	digs, marks, looks := r.Totals("sessions.dig"), r.Totals("tally.mark"), r.Totals("tally.look")
	for name, c := range map[string]int64{"digs": digs.Intended - digs.OK, "marks": marks.Intended - marks.OK, "looks": looks.Intended - looks.OK} {
		if c != 0 {
			t.Errorf("%d %s are not ok", c, name)
		}
	}
	if digs.OK < 200 || marks.OK < 120 || looks.OK < marks.OK/4 || looks.OK > marks.OK*3/4 {
		t.Errorf("%d digs, %d marks, %d looks", digs.OK, marks.OK, looks.OK)
	}
	if service.Applied() != marks.OK {
		t.Errorf("the tally has %d marks, %d were acknowledged", service.Applied(), marks.OK)
	}
	if got := r.Histogram(t, "tally.look.response", swarmtest.Always).TotalCount(); got != looks.OK {
		t.Errorf("%d response times of %d looks", got, looks.OK)
	}
	for index, layout := range []string{"ses1", "tly1"} {
		lane := p.Lanes[index]
		content, err := os.ReadFile(lane.Ledger)
		if err != nil {
			t.Fatal(err)
		}
		records := (len(content) - ledger.HeaderSize) / 40
		if string(content[36:40]) != layout || uint64(records-1) != r.End.LedgerRecords[lane.ID] || content[len(content)-40] != 255 {
			t.Errorf("%s: a ledger %q of %d records, the end frame says %v", lane.ID, content[36:40], records, r.End.LedgerRecords)
		}
	}
	if r.End.LedgerRecords[fakelane.ID] != uint64(2*marks.OK) {
		t.Errorf("%d records of %d marks, want an attempt and an outcome of each", r.End.LedgerRecords[fakelane.ID], marks.OK)
	}
	last := r.Seconds[len(r.Seconds)-1].Lanes
	if len(last) != 2 || last["sessions"].Counters["keepAlives"] != 0 || last[fakelane.ID].Compared == nil {
		t.Errorf("the last frame says %+v of the lanes", last)
	}
}

func TestALanePlaysTheSameAloneAndInCompany(t *testing.T) {
	t.Parallel()
	intended := func(lanes ...plan.Lane) int64 { return playAll(t, planOf(lanes...)).Totals("tally.mark").Intended }
	alone := intended(tallyLane(t, fakelane.StartService(0, nil), 2000))
	beside := intended(sessionsLane(t), tallyLane(t, fakelane.StartService(0, nil), 2000))
	if alone != beside || alone == 0 {
		t.Errorf("%d marks alone, %d beside sessions", alone, beside)
	}
}

func TestAPlayerThatWaitsInOneLaneGoesOnInTheOther(t *testing.T) {
	t.Parallel()
	p := planOf(sessionsLane(t), tallyLane(t, fakelane.StartService(150*time.Millisecond, nil), 5000))
	p.Lanes[1].Actions["look"] = plan.Action{TimeoutMs: 5000}
	p.Players = plan.Curve{{0, 10}}
	r := playAll(t, p)
	dug, marked := r.Histogram(t, "sessions.dig.blocked", swarmtest.Always), r.Histogram(t, "tally.mark.blocked", swarmtest.Always)
	if marked.Mean() < 500_000 || dug.Mean() > marked.Mean()/4 {
		t.Errorf("digs were blocked for %.0f us on average, marks for %.0f", dug.Mean(), marked.Mean())
	}
	if digs := r.Totals("sessions.dig"); digs.OK != digs.Intended {
		t.Errorf("digs %+v, want all ok", digs)
	}
}

func TestEachActionHasItsOwnTimeout(t *testing.T) {
	t.Parallel()
	p := planOf(sessionsLane(t), tallyLane(t, fakelane.StartService(250*time.Millisecond, nil), 100))
	p.Players = plan.Curve{{0, 5000}}
	p.Lanes[1].Rate = plan.Curve{{0, 40}}
	r := playAll(t, p)
	marks, looks := r.Totals("tally.mark"), r.Totals("tally.look")
	if marks.Unknown != marks.Intended || looks.OK != looks.Intended || looks.OK == 0 {
		t.Errorf("marks %+v, want all unknown; looks %+v, want all ok", marks, looks)
	}
	if longest := r.Histogram(t, "tally.mark.response", swarmtest.Always).Max(); longest > 240_000 {
		t.Errorf("a mark ended after %d us, want it to end at its timeout of 100 ms", longest)
	}
}

func TestAttemptsOfEveryLaneAreInItsLedgerBeforeTheyAreSent(t *testing.T) {
	t.Parallel()
	var path string
	var seen, missing atomic.Int64
	service := fakelane.StartService(0, func(player, sequence uint32) {
		seen.Add(1)
		content, err := os.ReadFile(path)
		found := false
		for at := ledger.HeaderSize; err == nil && at+40 <= len(content); at += 40 {
			record := content[at:]
			found = found || record[0] == ledger.Attempt && binary.LittleEndian.Uint32(record[4:]) == player && binary.LittleEndian.Uint32(record[8:]) == sequence
		}
		if !found {
			missing.Add(1)
		}
	})
	p := planOf(tallyLane(t, service, 2000))
	path = p.Lanes[0].Ledger
	playAll(t, p)
	if seen.Load() < 120 || missing.Load() > 0 {
		t.Errorf("%d of %d marks came before their attempt was in the ledger", missing.Load(), seen.Load())
	}
}

func TestAStopDrainsEveryLaneForAsLongAsItsSlowestActionMayTake(t *testing.T) {
	t.Parallel()
	service := fakelane.StartService(700*time.Millisecond, nil)
	p := planOf(sessionsLane(t), tallyLane(t, service, 3000))
	p.DurationS, p.Players = 60, plan.Curve{{0, 5000}}
	p.Lanes[1].Rate = plan.Curve{{0, 15}}
	r := swarmtest.Begin(t, p, both, frames.QueueLength)
	time.AfterFunc(600*time.Millisecond, func() { _ = r.Peer.Send(frames.Command{Type: "stop"}) })
	began := time.Now()
	r.Follow(t)
	marks := r.Totals("tally.mark")
	if r.End.Reason != frames.Stopped || marks.OK != marks.Intended || marks.OK == 0 || time.Since(began) > 5*time.Second {
		t.Errorf("%s after %v: marks %+v", r.End.Reason, time.Since(began), marks)
	}
}

func TestPlansThatTheGeneratorCannotPlayAreRefused(t *testing.T) {
	t.Parallel()
	twin := fakelane.Lane
	twin.ID = "twin"
	twin.Open = func(s swarm.Setting) (swarm.Play, error) { return counting{}, nil }
	other := twin
	other.ID = "other"
	lanes := []swarm.Lane{sessions.Lane, fakelane.Lane, twin, other}
	tally := func() plan.Lane { return tallyLane(t, fakelane.StartService(0, nil), 2000) }
	named := func(id string) plan.Lane {
		lane := tally()
		lane.ID = id
		return lane
	}
	for name, c := range map[string]struct {
		lanes []plan.Lane
		says  string
	}{
		"a lane that is not built in":     {[]plan.Lane{named("moon")}, `"moon"`},
		"an action that the lane has not": {[]plan.Lane{func() plan.Lane { l := tally(); l.Actions["jump"] = plan.Action{TimeoutMs: 1}; return l }()}, "3 actions of lane tally"},
		"an action that the plan misses": {[]plan.Lane{func() plan.Lane {
			l := tally()
			l.Actions = map[string]plan.Action{"mark": {TimeoutMs: 1}, "gaze": {TimeoutMs: 1}}
			return l
		}()}, "no action tally.look"},
		"settings that the lane refuses":      {[]plan.Lane{func() plan.Lane { l := tally(); l.Settings = json.RawMessage(`{"readRatio": 7}`); return l }()}, "lane tally: readRatio is 7"},
		"two lanes that count under one name": {[]plan.Lane{named("twin"), named("other")}, `lanes twin and other both count "steps"`},
	} {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		s, err := swarm.OpenOn(frames.NewLink(ours, 1), planOf(c.lanes...), lanes, func(error) {})
		if s != nil || err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want it to name %s", name, err, c.says)
		}
	}
}

// counting is a lane that counts steps and does nothing else.
type counting struct{ swarm.Play }

func (counting) Report() frames.Lane { return frames.Lane{Counters: map[string]int64{"steps": 0}} }

func TestAScriptThatNoLaneOfThePlanHasIsAnError(t *testing.T) {
	t.Parallel()
	r := swarmtest.Begin(t, planOf(tallyLane(t, fakelane.StartService(0, nil), 2000)), both, frames.QueueLength)
	if _, err := r.Swarm.Script(context.Background(), "plainPlayer", 0); err == nil {
		t.Error("tally has no plain players")
	}
	r.Follow(t)
}

package runs

import (
	"context"
	"testing"
	"time"

	"hunt/native/k6/frames"
	"hunt/native/k6/ledger"
	"hunt/native/k6/plan"
	"hunt/native/k6/sessions"
	"hunt/native/k6/sessions/fakebackend"
	"hunt/native/k6/swarm/swarmtest"
)

// The script of one player is cut off in mid-action, the other one's ends in order.
func TestPlainPlayersBookWhatTheScriptSaysAndEndWhatItLeavesOpen(t *testing.T) {
	p := testPlan(t, []*fakebackend.Gateway{startGateway(t, time.Millisecond, nil)})
	p.Players, p.Rate, p.Groups, p.DurationS = plan.Curve{{0, 2}}, plan.Curve{{0, 40}}, 2, 0.5
	r := &run{swarmtest.Open(t, whole(t, p), onlySessions, frames.QueueLength), p}
	cutOff, cut := context.WithCancel(context.Background())
	first, err := plainPlayer(r, context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	second, err := plainPlayer(r, cutOff, 1)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if second.Begin() == 0 {
			t.Error("the second player was not started")
		}
		second.Intended(0)
		if err := second.OpeningSent(1, 1); err != nil {
			t.Error(err)
		}
		if _, err := second.Sent(0, 1, 1, 0); err != nil {
			t.Error(err)
		}
		playWhole(t, first)
		cut()
	}()
	go first.Begin()
	var ready frames.Ready
	r.Expect(t, "ready", &ready)
	if err := r.Peer.Send(frames.StartIn(0)); err != nil {
		t.Fatal(err)
	}
	r.Follow(t)
	whole := int64(len(first.Timetable()))
	if got := r.Totals("sessions.dig"); got.Intended != whole+1 || got.OK != whole || got.Unknown != 1 {
		t.Errorf("%d digs of the first player: %+v", whole, got)
	}
	last := map[uint32][]ledger.Record{}
	for _, record := range readLedger(t, p.Ledger) {
		if record.Type == ledger.Outcome {
			last[record.Player] = append(last[record.Player], record.Record)
		}
	}
	if len(last[1]) != 2 || last[1][0].Outcome != ledger.Unknown || last[1][1].Outcome != ledger.Unknown {
		t.Errorf("outcomes of the player that was cut off: %+v", last[1])
	}
	if final := last[0][len(last[0])-1]; final.Outcome != ledger.OK || final.Sequence != uint32(whole)+1 {
		t.Errorf("last outcome of the first player: %+v", final)
	}
	// 5 ms late, 2 ms of them blocked, and 10 ms until the answer.
	service := r.Histogram(t, "sessions.dig.service", swarmtest.Always)
	lag := r.Histogram(t, "sessions.dig.scheduleLag", swarmtest.Always)
	if got := milliseconds(service.ValueAtQuantile(50)); got < 9.9 || got > 10.1 {
		t.Errorf("service p50 %v ms", got)
	}
	if got := milliseconds(lag.ValueAtQuantile(50)); got < 2.9 || got > 3.1 {
		t.Errorf("schedule lag p50 %v ms", got)
	}
}

// playWhole is a script that gets everything acknowledged.
func playWhole(t *testing.T, plain *sessions.PlainPlayer) {
	for place, each := range plain.Timetable() {
		plain.Intended(place)
		if place == 0 {
			if err := plain.OpeningSent(each.AtMs+5, each.AtMs); err != nil {
				t.Error(err)
			}
			if err := plain.Opened(1, 1, each.AtMs+15, each.AtMs); err != nil {
				t.Error(err)
			}
		}
		sequence, err := plain.Sent(place, each.Device, each.AtMs+5, 2)
		if err != nil || sequence != uint32(place)+2 {
			t.Errorf("sequence %d, %v", sequence, err)
		}
		if err := plain.Done(place, "ok", sequence, 1, each.AtMs+15, 2, true); err != nil {
			t.Error(err)
		}
		if plain.Done(place, "ok", sequence, 1, each.AtMs+15, 2, true) == nil {
			t.Error("an action ended twice")
		}
	}
	plain.Leave()
	// An answer that comes too late has no place in the ledger any more.
	if err := plain.Opened(1, 1, 900, 1); err != nil {
		t.Error(err)
	}
}

func plainPlayer(r *run, ctx context.Context, index int) (*sessions.PlainPlayer, error) {
	made, err := r.Swarm.Script(ctx, "plainPlayer", index)
	if err != nil {
		return nil, err
	}
	return made.(*sessions.PlainPlayer), nil
}

package sessions

import (
	"testing"

	"hunt/native/k6/plan"
	"hunt/native/k6/sessions/operation"
	"hunt/native/k6/sessions/sessionplan"
)

// Each player's digs are those of the swarm's own arrivals, and nobody reads before a first dig was due.
func TestTimetablesHoldThePlansArrivalsAndNoReadBeforeADig(t *testing.T) {
	p := &sessionplan.Plan{
		Plan:     plan.Plan{Seed: 3, DurationS: 5, Players: plan.Curve{{0, 60}}, Skew: 1, Generators: 1, Groups: 60},
		Settings: sessionplan.Settings{ReadRatio: 0.6, Mix: operation.Mix{DigStarted: 30, TilesRevealed: 50, LootClaimed: 20}},
		Rate:     plan.Curve{{0, 100}},
	}
	weights := plan.Activity(&p.Plan)
	digs, reads := map[int][]int64{}, 0
	arrivals := sessionplan.NewArrivals(p, weights)
	for {
		arrival, more := arrivals.Next(p.DurationUs())
		if !more {
			break
		}
		if arrival.Action == sessionplan.Read {
			reads++
		} else {
			digs[arrival.Player] = append(digs[arrival.Player], arrival.AtUs)
		}
	}
	timetabled, strays := 0, 0
	for player, timetable := range timetables(p, weights) {
		dug, lastUs, count := int64(-1), int64(0), 0
		for _, each := range timetable {
			if each.atUs < lastUs {
				t.Errorf("player %d: %d us comes after %d us", player, each.atUs, lastUs)
			}
			lastUs = each.atUs
			switch {
			case each.read:
				timetabled++
				if dug < 0 || each.atUs < dug+dugBeforeUs {
					strays++
				}
			default:
				if count >= len(digs[player]) || digs[player][count] != each.atUs {
					t.Fatalf("player %d digs at %d us, the plan says %v", player, each.atUs, digs[player])
				}
				count++
				if dug < 0 {
					dug = each.atUs
				}
			}
		}
		if count != len(digs[player]) {
			t.Errorf("player %d digs %d times, the plan says %d", player, count, len(digs[player]))
		}
	}
	if strays > 0 || timetabled < reads-20 || timetabled > reads {
		t.Errorf("%d of %d reads, %d of them before there is anything to read", timetabled, reads, strays)
	}
}

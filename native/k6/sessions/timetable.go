package sessions

import (
	"hunt/native/k6/plan"
	"hunt/native/k6/sessions/operation"
	"hunt/native/k6/sessions/sessionplan"
)

// dugBeforeUs is how long before a read its player's first dig must be due for the read to be this
// player's: a dig takes some milliseconds.
const dugBeforeUs = 50_000

// due is one action of a timetable.
type due struct {
	atUs   int64
	device uint8
	read   bool
	op     operation.Operation
}

// timetables are the whole plan's actions by player, for players that are driven from JavaScript.
// Groups draw the same arrivals as they play; here they are drawn ahead, so the one thing that depends
// on the run is decided by the plan: a read of a player that has nothing to read yet goes to one whose
// first dig was due before, and is left out if there is none.
func timetables(p *sessionplan.Plan, weights []float64) [][]due {
	all := make([][]due, p.MaxPlayers())
	dug := make([]bool, p.MaxPlayers())
	var diggers, fresh []plan.Arrival // fresh: first digs that are too recent
	arrivals := sessionplan.NewArrivals(p, weights)
	for {
		arrival, more := arrivals.Next(p.DurationUs())
		if !more {
			return all
		}
		for len(fresh) > 0 && fresh[0].AtUs+dugBeforeUs <= arrival.AtUs {
			dug[fresh[0].Player] = true
			diggers, fresh = append(diggers, fresh[0]), fresh[1:]
		}
		player := arrival.Player
		switch {
		case arrival.Action == sessionplan.Dig:
			if len(all[player]) == 0 {
				fresh = append(fresh, arrival)
			}
		case !dug[player] && len(diggers) == 0:
			continue
		case !dug[player]:
			player = diggers[arrival.Bits%uint64(len(diggers))].Player
		}
		next := due{atUs: arrival.AtUs, device: arrival.Device, read: arrival.Action == sessionplan.Read}
		if !next.read {
			next.op = operation.Draw(p.Mix, arrival.Bits)
		}
		all[player] = append(all[player], next)
	}
}

// Package sessions is the lane of that name: players that dig over streams to the gateways, and read their
// session's state from the proxies.
package sessions

import (
	"sync"
	"sync/atomic"

	"hunt/native/k6/frames"
	"hunt/native/k6/ledger"
	"hunt/native/k6/sessions/sessionplan"
	"hunt/native/k6/swarm"
	"hunt/native/k6/swarm/group"
)

// Lane is what the generator has built in.
var Lane = swarm.Lane{
	ID: sessionplan.ID,
	Actions: []group.Action{
		sessionplan.Dig:  {Name: sessionplan.ActionNames[sessionplan.Dig]},
		sessionplan.Read: {Name: sessionplan.ActionNames[sessionplan.Read], Read: true},
	},
	Layout:  ledger.Layout{Name: "ses1", PayloadSize: 8},
	Open:    open,
	Scripts: map[string]swarm.Script{"plainPlayer": newPlainPlayer},
}

// play is the lane in one run; its groups share it.
type play struct {
	swarm.Setting
	plan       *sessionplan.Plan
	moved      atomic.Int64
	keepAlives atomic.Int64 // players that said so, not messages
	compared   readTally

	timetable  sync.Once
	timetables [][]due // by player; only of plain players
}

func open(s swarm.Setting) (swarm.Play, error) {
	p, err := sessionplan.Of(s.Plan, s.Lane)
	return &play{Setting: s, plan: p}, err
}

// Report says what was counted, and what was compared since the last time.
func (p *play) Report() frames.Lane {
	compared, findings := p.compared.take()
	return frames.Lane{
		Counters: map[string]int64{
			"moved": p.moved.Load(), "keepAlives": p.keepAlives.Load(),
			"readsBack": p.compared.back.Load(), "readsStale": p.compared.stale.Load(),
		},
		Compared: compared, Findings: findings,
	}
}

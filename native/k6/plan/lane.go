package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// maxLanes bounds the lanes of a plan.
const maxLanes = 16

// Lane is what one lane plays beside the others.
type Lane struct {
	ID     string `json:"id"`
	Design string `json:"design"`
	// Rate is in arrivals per second over all players; what an arrival is, is the lane's to say.
	Rate Curve `json:"rate"`
	// Actions of the lane, by name.
	Actions map[string]Action `json:"actions"`
	// Targets are the nodes that it talks to, by what they are for. TargetsByNetwork are the same nodes by
	// the addresses of each network.
	Targets          Targets            `json:"targets"`
	TargetsByNetwork map[string]Targets `json:"targetsByNetwork,omitempty"`
	// Ledger is the path of the lane's ledger.
	Ledger string `json:"ledger"`
	// Settings are read by the lane.
	Settings json.RawMessage `json:"settings"`
}

// Action is what a plan says of one.
type Action struct {
	// TimeoutMs counts from the intended start.
	TimeoutMs int64 `json:"timeoutMs"`
}

// Targets are nodes by what they are for.
type Targets map[string][]Service

// TimeoutUs is the timeout of an action; 0 if the plan has no such action.
func (l *Lane) TimeoutUs(action string) int64 { return l.Actions[action].TimeoutMs * 1000 }

// LongestTimeoutUs is that of the action with the longest.
func (l *Lane) LongestTimeoutUs() int64 {
	longest := int64(0)
	for name := range l.Actions {
		longest = max(longest, l.TimeoutUs(name))
	}
	return longest
}

// TargetsOf are the addresses of a group: its network's, else those of all.
func (p *Plan) TargetsOf(lane *Lane, group int) Targets {
	if len(p.Networks) > 0 {
		return lane.TargetsByNetwork[p.Networks[group].Name]
	}
	return lane.Targets
}

// Lane is the lane with an id; nil if it does not play.
func (p *Plan) Lane(id string) *Lane {
	for index := range p.Lanes {
		if p.Lanes[index].ID == id {
			return &p.Lanes[index]
		}
	}
	return nil
}

func (p *Plan) validateLanes() error {
	if len(p.Lanes) > maxLanes {
		return fmt.Errorf("%d lanes, expected at most %d", len(p.Lanes), maxLanes)
	}
	var faults []error
	ids, ledgers := map[string]bool{}, map[string]bool{}
	for index := range p.Lanes {
		lane := &p.Lanes[index]
		if lane.ID == "" || ids[lane.ID] {
			faults = append(faults, fmt.Errorf("lane %q, expected an id of its own", lane.ID))
		}
		if lane.Ledger == "" || ledgers[lane.Ledger] {
			faults = append(faults, fmt.Errorf("lane %s: ledger is %q, expected a path of its own", lane.ID, lane.Ledger))
		}
		ids[lane.ID], ledgers[lane.Ledger] = true, true
		for _, err := range lane.validate(p) {
			faults = append(faults, fmt.Errorf("lane %s: %w", lane.ID, err))
		}
	}
	return errors.Join(faults...)
}

func (l *Lane) validate(p *Plan) []error {
	var faults []error
	if err := l.Rate.Validate("rate"); err != nil {
		faults = append(faults, err)
	}
	if len(l.Actions) == 0 {
		faults = append(faults, errors.New("there is no action"))
	}
	for name, action := range l.Actions {
		if action.TimeoutMs < 1 || action.TimeoutMs > 60_000 {
			faults = append(faults, fmt.Errorf("timeoutMs of %s is %d, expected 1 to 60000", name, action.TimeoutMs))
		}
	}
	if len(l.TargetsByNetwork) > 0 && len(l.TargetsByNetwork) != len(p.Networks) {
		faults = append(faults, fmt.Errorf("targets of %d networks, expected %d", len(l.TargetsByNetwork), len(p.Networks)))
	}
	for _, network := range p.Networks {
		if targets, found := l.TargetsByNetwork[network.Name]; !found || !sameNodes(targets, l.Targets) {
			faults = append(faults, fmt.Errorf("network %q does not have the targets of the plan", network.Name))
		}
	}
	return faults
}

func sameNodes(left, right Targets) bool {
	return maps.EqualFunc(left, right, func(these, those []Service) bool {
		return slices.EqualFunc(these, those, func(a, b Service) bool { return a.Name == b.Name })
	})
}

// Package sessionplan is what the sessions lane makes of a plan: its settings, its arrivals, and what follows
// from a player's index.
package sessionplan

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"hunt/native/k6/plan"
	"hunt/native/k6/sessions/operation"
)

// ID of the lane.
const ID = "sessions"

// The lane's actions, by their place in ActionNames.
const (
	Dig uint8 = iota
	Read
)

// ActionNames are those of the plan.
var ActionNames = []string{"dig", "read"}

// How reads go to a proxy.
const (
	ReadsOverHTTP = "http"
	ReadsOverGRPC = "grpc"
)

// Settings are the lane's part of the plan file.
type Settings struct {
	// ReadRatio is in reads per dig.
	ReadRatio float64       `json:"readRatio"`
	Mix       operation.Mix `json:"mix"`
	// KeepAliveS is how long a player with a session is silent at most before it says that it is
	// alive; 0: never says so.
	KeepAliveS float64 `json:"keepAliveS"`
	// ReadProtocol is ReadsOverHTTP, also when empty, or ReadsOverGRPC.
	ReadProtocol string `json:"readProtocol"`
	// ReadOwnWrites: a read asks for at least the revision that its player was acknowledged.
	ReadOwnWrites bool `json:"readOwnWrites"`
	// TwoDeviceShare of the players play their session from two devices at once; 0: nobody does.
	TwoDeviceShare float64 `json:"twoDeviceShare"`
	// AuditedShare of the players have their reads in the ledger, and so have all with two devices; 0: nobody.
	AuditedShare float64 `json:"auditedShare"`
}

// Plan is a plan as this lane sees it.
type Plan struct {
	plan.Plan
	Settings
	Design    string
	Rate      plan.Curve
	TimeoutMs struct{ Dig, Read int64 }
	Gateways  []plan.Service
	Reads     []plan.Service
	// ByNetwork are the same nodes by the addresses of each network.
	ByNetwork map[string]plan.Targets
	Ledger    string
}

// The lane's targets.
const (
	gateways = "gateways"
	reads    = "reads"
)

// Of is the lane's view of a plan.
func Of(whole *plan.Plan, lane *plan.Lane) (*Plan, error) {
	p := &Plan{
		Plan: *whole, Design: lane.Design, Rate: lane.Rate, Gateways: lane.Targets[gateways], Reads: lane.Targets[reads],
		ByNetwork: lane.TargetsByNetwork, Ledger: lane.Ledger,
	}
	if err := json.Unmarshal(lane.Settings, &p.Settings); err != nil {
		return nil, fmt.Errorf("settings of lane %s: %w", lane.ID, err)
	}
	p.TimeoutMs.Dig, p.TimeoutMs.Read = lane.Actions["dig"].TimeoutMs, lane.Actions["read"].TimeoutMs
	return p, p.validate()
}

// Lane is the plan file's lane with this view of it, for tests and benchmarks.
func (p *Plan) Lane() (plan.Lane, error) {
	settings, err := json.Marshal(p.Settings)
	return plan.Lane{
		ID: ID, Design: p.Design, Rate: p.Rate, Ledger: p.Ledger, Settings: settings,
		Actions: map[string]plan.Action{"dig": {TimeoutMs: p.TimeoutMs.Dig}, "read": {TimeoutMs: p.TimeoutMs.Read}},
		Targets: Targets(p.Gateways, p.Reads), TargetsByNetwork: p.ByNetwork,
	}, err
}

// Whole is the plan file in which the lane plays alone.
func (p *Plan) Whole() (*plan.Plan, error) {
	lane, err := p.Lane()
	whole := p.Plan
	whole.Version, whole.Lanes = plan.Version, []plan.Lane{lane}
	return &whole, err
}

// Targets are those of the lane.
func Targets(toGateways, toReads []plan.Service) plan.Targets {
	return plan.Targets{gateways: toGateways, reads: toReads}
}

func (p *Plan) validate() error {
	var faults []error
	expect := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	expect(p.ReadRatio >= 0 && p.ReadRatio <= 100, "readRatio is %v, expected 0 to 100", p.ReadRatio)
	expect(p.Mix.Valid(), "mix is %+v, expected weights of at least 0, one of them above", p.Mix)
	expect(p.KeepAliveS == 0 || p.KeepAliveS >= 0.1 && p.KeepAliveS <= 86_400,
		"keepAliveS is %v, expected 0 for none, or 0.1 to 86400", p.KeepAliveS)
	expect(slices.Contains([]string{"", ReadsOverHTTP, ReadsOverGRPC}, p.ReadProtocol),
		"readProtocol is %q, expected %q or %q", p.ReadProtocol, ReadsOverHTTP, ReadsOverGRPC)
	expect(p.TwoDeviceShare >= 0 && p.TwoDeviceShare <= 1, "twoDeviceShare is %v, expected 0 to 1", p.TwoDeviceShare)
	expect(p.AuditedShare >= 0 && p.AuditedShare <= 1, "auditedShare is %v, expected 0 to 1", p.AuditedShare)
	expect(len(p.Gateways) >= 1 && len(p.Gateways) <= 64, "%d gateways, expected 1 to 64", len(p.Gateways))
	expect(p.ReadRatio == 0 || len(p.Reads) > 0, "readRatio is %v, but there is no proxy in reads", p.ReadRatio)
	return errors.Join(faults...)
}

// Services are the addresses of a group: its network's, else those of all.
func (p *Plan) Services(group int) (toGateways, toReads []plan.Service) {
	if len(p.Networks) > 0 {
		targets := p.ByNetwork[p.Networks[group].Name]
		return targets[gateways], targets[reads]
	}
	return p.Gateways, p.Reads
}

// KeepAliveUs is KeepAliveS in microseconds.
func (p *Plan) KeepAliveUs() int64 { return int64(p.KeepAliveS * 1e6) }

// MinRevision is what a read asks for at least, of a player that was acknowledged acked: its session,
// since it knows that there is one, or with ReadOwnWrites all that it did.
func (p *Plan) MinRevision(acked uint32) uint32 {
	if p.ReadOwnWrites {
		return acked
	}
	return min(acked, 1)
}

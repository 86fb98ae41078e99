// Package plan is the load plan (docs/swarm-protocol.md): its file, its curves, and the seeded
// arrivals that follow from it. Everything here is a pure function of the plan.
package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
)

// Version is the plan file's version.
const Version = 1

// MaxGroups bounds the groups of one generator. A swarm needs a few; the plain-k6 script has one for
// each player, and a VU for each group.
const MaxGroups = 1000

// How reads go to a proxy.
const (
	ReadsOverHTTP = "http"
	ReadsOverGRPC = "grpc"
)

// MaxPlayers bounds the players of one plan: their index has nine digits in a session's name.
const MaxPlayers = 10_000_000

// Plan is the plan file.
type Plan struct {
	Version   int     `json:"version"`
	RunID     string  `json:"runId"`
	Lane      string  `json:"lane"`
	Design    string  `json:"design"`
	Seed      uint64  `json:"seed"`
	DurationS float64 `json:"durationS"`
	// Players that are active at each moment; Rate is in digs per second over all of them.
	Players   Curve   `json:"players"`
	Rate      Curve   `json:"rate"`
	ReadRatio float64 `json:"readRatio"`
	Skew      float64 `json:"skew"`
	Mix       Mix     `json:"mix"`
	TimeoutMs int64   `json:"timeoutMs"`
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
	Generator    int     `json:"generator"`
	// Generators share the players of one plan, Groups those of one generator.
	Generators int       `json:"generators"`
	Groups     int       `json:"groups"`
	Gateways   []Service `json:"gateways"`
	Reads      []Service `json:"reads"`
	// Networks split the players by what lies between them and the backend; empty: nothing of the kind.
	Networks []Network `json:"networks"`
	Ledger   string    `json:"ledger"`
}

// Mix holds the weights of the dig operations.
type Mix struct {
	DigStarted    float64 `json:"dig_started"`
	TilesRevealed float64 `json:"tiles_revealed"`
	LootClaimed   float64 `json:"loot_claimed"`
}

// Service is a node that the swarm connects to: its name and host:port.
type Service struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Read loads and checks a plan file.
func Read(path string) (*Plan, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	var p Plan
	if err := json.Unmarshal(content, &p); err != nil {
		return nil, fmt.Errorf("plan: %s: %w", path, err)
	}
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("plan: %s: %w", path, err)
	}
	return &p, nil
}

// Validate reports every fault of the plan at once.
func (p *Plan) Validate() error {
	var faults []error
	expect := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	expect(p.Version == Version, "version is %d, expected %d", p.Version, Version)
	expect(p.Lane == "sessions", "lane is %q, expected \"sessions\"", p.Lane)
	expect(p.DurationS > 0 && p.DurationS <= 86_400, "durationS is %v, expected above 0 and at most 86400", p.DurationS)
	expect(p.ReadRatio >= 0 && p.ReadRatio <= 100, "readRatio is %v, expected 0 to 100", p.ReadRatio)
	expect(p.Skew >= 0 && p.Skew <= 5, "skew is %v, expected 0 to 5", p.Skew)
	expect(p.TimeoutMs > 0 && p.TimeoutMs <= 60_000, "timeoutMs is %d, expected 1 to 60000", p.TimeoutMs)
	expect(p.Mix.valid(), "mix is %+v, expected weights of at least 0, one of them above", p.Mix)
	expect(p.Generators >= 1 && p.Generator >= 0 && p.Generator < p.Generators,
		"generator is %d of %d", p.Generator, p.Generators)
	expect(p.KeepAliveS == 0 || p.KeepAliveS >= 0.1 && p.KeepAliveS <= 86_400,
		"keepAliveS is %v, expected 0 for none, or 0.1 to 86400", p.KeepAliveS)
	expect(p.ReadProtocol == "" || p.ReadProtocol == ReadsOverHTTP || p.ReadProtocol == ReadsOverGRPC,
		"readProtocol is %q, expected %q or %q", p.ReadProtocol, ReadsOverHTTP, ReadsOverGRPC)
	expect(p.TwoDeviceShare >= 0 && p.TwoDeviceShare <= 1, "twoDeviceShare is %v, expected 0 to 1", p.TwoDeviceShare)
	expect(p.AuditedShare >= 0 && p.AuditedShare <= 1, "auditedShare is %v, expected 0 to 1", p.AuditedShare)
	expect(p.Groups >= 1 && p.Groups <= MaxGroups, "groups is %d, expected 1 to %d", p.Groups, MaxGroups)
	expect(len(p.Gateways) >= 1 && len(p.Gateways) <= 64, "%d gateways, expected 1 to 64", len(p.Gateways))
	expect(p.ReadRatio == 0 || len(p.Reads) > 0, "readRatio is %v, but there is no proxy in reads", p.ReadRatio)
	expect(p.Ledger != "", "ledger is missing")
	faults = append(faults, p.validateNetworks())
	faults = append(faults, p.Rate.validate("rate"), p.Players.validate("players"))
	expect(p.Players.Max() <= MaxPlayers, "players reaches %v, expected at most %d", p.Players.Max(), MaxPlayers)
	return errors.Join(faults...)
}

func (m Mix) valid() bool {
	return m.DigStarted >= 0 && m.TilesRevealed >= 0 && m.LootClaimed >= 0 &&
		m.total() > 0 && !math.IsInf(m.total(), 0)
}

func (m Mix) total() float64 { return m.DigStarted + m.TilesRevealed + m.LootClaimed }

// MaxPlayers is how many players the plan has at its highest.
func (p *Plan) MaxPlayers() int { return max(1, int(math.Ceil(p.Players.Max()))) }

// DurationUs is the moment from which nothing new is intended.
func (p *Plan) DurationUs() int64 { return int64(p.DurationS * 1e6) }

// Seconds is how many run seconds can hold an intended start.
func (p *Plan) Seconds() int { return int(math.Ceil(p.DurationS)) }

// TimeoutUs is the timeout of an action, from its intended start.
func (p *Plan) TimeoutUs() int64 { return p.TimeoutMs * 1000 }

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

// GroupPerPlayer tells the plan of the plain-k6 script, which plays each player in a VU of its own.
func (p *Plan) GroupPerPlayer() bool { return p.Groups > 1 && p.Groups >= p.MaxPlayers() }

// Group says which generator and which of its groups a player belongs to: with networks, that of its
// network, else with one generator `player mod groups`.
func (p *Plan) Group(player int) (generator, group int) {
	generator = player % p.Generators
	if len(p.Networks) > 0 {
		return generator, p.network(player)
	}
	return generator, player / p.Generators % p.Groups
}

// Members are the players of a group of this plan's generator, lowest first.
func (p *Plan) Members(group int) []int32 {
	var members []int32
	for player := range p.MaxPlayers() {
		if generator, own := p.Group(player); generator == p.Generator && own == group {
			members = append(members, int32(player))
		}
	}
	return members
}

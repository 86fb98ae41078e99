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
const Version = 2

// MaxGroups bounds the groups of a lane. A swarm needs a few; the plain-k6 script has one for
// each player, and a VU for each group.
const MaxGroups = 1000

// MaxPlayers bounds the players of one plan: their index has nine digits in a session's name.
const MaxPlayers = 10_000_000

// Plan is the plan file: what all lanes share, and each lane's own part.
type Plan struct {
	Version   int     `json:"version"`
	RunID     string  `json:"runId"`
	Seed      uint64  `json:"seed"`
	DurationS float64 `json:"durationS"`
	// Players that are active at each moment, in all lanes.
	Players Curve `json:"players"`
	// Skew is the sigma of the players' lognormal activity: who is hot is hot in every lane.
	Skew      float64 `json:"skew"`
	Generator int     `json:"generator"`
	// Generators share the players of one plan, Groups those of one generator; each lane has so many groups.
	Generators int `json:"generators"`
	Groups     int `json:"groups"`
	// Networks split the players by what lies between them and the backend; empty: nothing of the kind.
	Networks []Network `json:"networks,omitempty"`
	Lanes    []Lane    `json:"lanes"`
}

// Service is a node that the swarm connects to: its name and host:port.
type Service struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Read loads and checks a plan file. The settings of a lane are the lane's to check.
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
	expect(p.DurationS > 0 && p.DurationS <= 86_400, "durationS is %v, expected above 0 and at most 86400", p.DurationS)
	expect(p.Skew >= 0 && p.Skew <= 5, "skew is %v, expected 0 to 5", p.Skew)
	expect(p.Generators >= 1 && p.Generator >= 0 && p.Generator < p.Generators,
		"generator is %d of %d", p.Generator, p.Generators)
	expect(p.Groups >= 1 && p.Groups <= MaxGroups, "groups is %d, expected 1 to %d", p.Groups, MaxGroups)
	expect(len(p.Lanes) > 0, "there is no lane")
	faults = append(faults, p.validateNetworks(), p.Players.Validate("players"), p.validateLanes())
	expect(p.Players.Max() <= MaxPlayers, "players reaches %v, expected at most %d", p.Players.Max(), MaxPlayers)
	return errors.Join(faults...)
}

// MaxPlayers is how many players the plan has at its highest.
func (p *Plan) MaxPlayers() int { return max(1, int(math.Ceil(p.Players.Max()))) }

// DurationUs is the moment from which nothing new is intended.
func (p *Plan) DurationUs() int64 { return int64(p.DurationS * 1e6) }

// Seconds is how many run seconds can hold an intended start.
func (p *Plan) Seconds() int { return int(math.Ceil(p.DurationS)) }

// GroupPerPlayer tells the plan of the plain-k6 script, which plays each player in a VU of its own.
func (p *Plan) GroupPerPlayer() bool { return p.Groups > 1 && p.Groups >= p.MaxPlayers() }

// AllGroups is how many groups play, those of all lanes together.
func (p *Plan) AllGroups() int { return p.Groups * len(p.Lanes) }

// Group says which generator and which of its groups a player belongs to, in each lane: with networks, that
// of its network, else with one generator `player mod groups`.
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

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
	Generator int     `json:"generator"`
	// Generators share the players of one plan, Groups those of one generator.
	Generators int       `json:"generators"`
	Groups     int       `json:"groups"`
	Gateways   []Service `json:"gateways"`
	Reads      []Service `json:"reads"`
	Ledger     string    `json:"ledger"`
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
	expect(p.Groups >= 1 && p.Groups <= 64, "groups is %d, expected 1 to 64", p.Groups)
	expect(len(p.Gateways) >= 1 && len(p.Gateways) <= 64, "%d gateways, expected 1 to 64", len(p.Gateways))
	expect(p.ReadRatio == 0 || len(p.Reads) > 0, "readRatio is %v, but there is no proxy in reads", p.ReadRatio)
	expect(p.Ledger != "", "ledger is missing")
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

// Place says which generator and which of its groups a player belongs to, and its place there.
// With one generator, group is `player mod groups`.
func (p *Plan) Place(player int) (generator, group, place int) {
	generator = player % p.Generators
	rest := player / p.Generators
	return generator, rest % p.Groups, rest / p.Groups
}

// PlayerAt is the inverse of Place for this plan's generator.
func (p *Plan) PlayerAt(group, place int) int {
	return (place*p.Groups+group)*p.Generators + p.Generator
}

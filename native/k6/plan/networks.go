package plan

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// MaxNetworks bounds the networks of a plan: each is counted and timed apart.
const MaxNetworks = 8

// Network is a part of the players and the way that they take: a node has one address for
// each network, where the link of that network listens (docs/links.md).
type Network struct {
	Name string `json:"name"`
	// Share of the players, above 0; those of all networks sum to 1.
	Share float64 `json:"share"`
}

// Circle is what a player's index is scattered to: 32 bits.
const Circle = 1 << 32

// network is a player's, by its index alone. Multiplying by 2^32 over the square root of two spreads the
// indexes evenly, and independently of what a lane takes from the index by another factor.
func (p *Plan) network(player int) int {
	at := float64(uint32(player)*3_037_000_499) / Circle
	for index, each := range p.Networks {
		at -= each.Share
		if at < 0 {
			return index
		}
	}
	return len(p.Networks) - 1
}

// NetworkNames are in the order of a lane's groups.
func (p *Plan) NetworkNames() []string {
	names := make([]string, len(p.Networks))
	for index, each := range p.Networks {
		names[index] = each.Name
	}
	return names
}

func (p *Plan) validateNetworks() error {
	if len(p.Networks) == 0 {
		return nil
	}
	if len(p.Networks) > MaxNetworks {
		return fmt.Errorf("%d networks, expected at most %d", len(p.Networks), MaxNetworks)
	}
	var faults []error
	if p.Groups != len(p.Networks) {
		faults = append(faults, fmt.Errorf("groups is %d, expected one for each of %d networks", p.Groups, len(p.Networks)))
	}
	sum := 0.0
	for index, each := range p.Networks {
		sum += each.Share
		if !(each.Share > 0) || each.Name == "" || slices.Contains(p.NetworkNames()[:index], each.Name) {
			faults = append(faults, fmt.Errorf("network %q has share %v, expected a name of its own and a share above 0", each.Name, each.Share))
		}
	}
	if math.Abs(sum-1) > 1e-6 {
		faults = append(faults, fmt.Errorf("the networks' shares sum to %v, expected 1", sum))
	}
	return errors.Join(faults...)
}

package plan

import (
	"math"
	"testing"
)

func networksPlan() *Plan {
	p := examplePlan()
	p.Players = Curve{{0, 28_000}}
	p.Groups = 3
	p.Networks = []Network{{"mobile-4g", 0.6}, {"mobile-5g", 0.3}, {"lan", 0.1}}
	for at := range p.Lanes {
		lane := &p.Lanes[at]
		lane.TargetsByNetwork = map[string]Targets{}
		for _, network := range p.Networks {
			lane.TargetsByNetwork[network.Name] = lane.Targets
		}
	}
	return p
}

func TestNetworksHaveTheirShareOfThePlayers(t *testing.T) {
	p := networksPlan()
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	for group, network := range p.Networks {
		share := float64(len(p.Members(group))) / 28_000
		if math.Abs(share-network.Share) > 0.005 {
			t.Errorf("%s has %v of the players, want %v", network.Name, share, network.Share)
		}
	}
}

func TestValidateRefusesNetworksThatCannotBe(t *testing.T) {
	for name, spoil := range map[string]func(*Plan){
		"shares that do not sum to 1": func(p *Plan) { p.Networks[0].Share = 0.5 },
		"a share of 0":                func(p *Plan) { p.Networks[0].Share, p.Networks[1].Share = 0, 0.9 },
		"a name twice":                func(p *Plan) { p.Networks[1].Name = "mobile-4g" },
		"another number of groups":    func(p *Plan) { p.Groups = 2 },
		"a node less":                 func(p *Plan) { p.Lanes[0].TargetsByNetwork["lan"] = Targets{"nodes": nil} },
		"another node":                func(p *Plan) { p.Lanes[0].TargetsByNetwork["lan"] = Targets{"nodes": {{"node/9", ""}}} },
		"a lane without a network":    func(p *Plan) { delete(p.Lanes[1].TargetsByNetwork, "lan") },
		"a network that is not there": func(p *Plan) { p.Lanes[1].TargetsByNetwork["moon"] = Targets{} },
	} {
		p := networksPlan()
		spoil(p)
		if p.Validate() == nil {
			t.Errorf("accepted: %s", name)
		}
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	if err := examplePlan().Validate(); err != nil {
		t.Fatal(err)
	}
	bad := map[string]func(*Plan){
		"a curve that goes back":      func(p *Plan) { p.Lanes[0].Rate = Curve{{5, 1}, {4, 1}} },
		"a curve without points":      func(p *Plan) { p.Players = nil },
		"a negative rate":             func(p *Plan) { p.Lanes[1].Rate = Curve{{0, -1}} },
		"no timeout":                  func(p *Plan) { p.Lanes[0].Actions["read"] = Action{} },
		"another version":             func(p *Plan) { p.Version = 1 },
		"a generator out of bounds":   func(p *Plan) { p.Generator = 1 },
		"no lane":                     func(p *Plan) { p.Lanes = nil },
		"a lane twice":                func(p *Plan) { p.Lanes[1].ID = "one" },
		"a lane without actions":      func(p *Plan) { p.Lanes[1].Actions = nil },
		"two lanes with one ledger":   func(p *Plan) { p.Lanes[1].Ledger = "one.bin" },
		"targets of no known network": func(p *Plan) { p.Lanes[1].TargetsByNetwork = map[string]Targets{"lan": {}} },
	}
	for name, spoil := range bad {
		p := examplePlan()
		spoil(p)
		if p.Validate() == nil {
			t.Errorf("accepted: %s", name)
		}
	}
}

package plan

import (
	"math"
	"testing"
)

func networksPlan() *Plan {
	p := examplePlan()
	p.Players = Curve{{0, 28_000}}
	p.TwoDeviceShare, p.AuditedShare = 1.0/32, 1.0/64
	p.Generators, p.Generator, p.Groups = 1, 0, 3
	for _, each := range []struct {
		name  string
		share float64
	}{{"mobile-4g", 0.6}, {"mobile-5g", 0.3}, {"lan", 0.1}} {
		p.Networks = append(p.Networks, Network{Name: each.name, Share: each.share, Gateways: p.Gateways, Reads: p.Reads})
	}
	return p
}

func TestNetworksHaveTheirShareOfThePlayersAndOfEachKindOfThem(t *testing.T) {
	p := networksPlan()
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	for group, network := range p.Networks {
		members := p.Members(group)
		twoDevices := 0
		for _, player := range members {
			if p.TwoDevices(int(player)) {
				twoDevices++
			}
		}
		share := float64(len(members)) / 28_000
		if math.Abs(share-network.Share) > 0.005 {
			t.Errorf("%s has %v of the players, want %v", network.Name, share, network.Share)
		}
		ofDevices := float64(twoDevices) / (28_000.0 / 32)
		if math.Abs(ofDevices-network.Share) > 0.05 {
			t.Errorf("%s has %v of those with two devices, want %v", network.Name, ofDevices, network.Share)
		}
	}
}

func TestValidateRefusesNetworksThatCannotBe(t *testing.T) {
	for name, spoil := range map[string]func(*Plan){
		"shares that do not sum to 1": func(p *Plan) { p.Networks[0].Share = 0.5 },
		"a share of 0":                func(p *Plan) { p.Networks[0].Share, p.Networks[1].Share = 0, 0.9 },
		"a name twice":                func(p *Plan) { p.Networks[1].Name = "mobile-4g" },
		"another number of groups":    func(p *Plan) { p.Groups = 2 },
		"a gateway less":              func(p *Plan) { p.Networks[2].Gateways = p.Gateways[1:] },
		"another proxy":               func(p *Plan) { p.Networks[2].Reads = []Service{{Name: "proxy/9"}} },
	} {
		p := networksPlan()
		spoil(p)
		if p.Validate() == nil {
			t.Errorf("accepted: %s", name)
		}
	}
}

package sessionplan

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"hunt/native/k6/plan"
)

// src/load decides the same from a player's index and is held to the same file.
func TestWhoHasTwoDevicesAndIsAuditedMatchesTheSharedVectors(t *testing.T) {
	content, err := os.ReadFile("../../../../test/fixtures/devices.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		TwoDeviceShare, AuditedShare float64
		Players                      []struct {
			Player              int
			TwoDevices, Audited bool
		}
	}
	if err := json.Unmarshal(content, &vectors); err != nil || len(vectors.Players) == 0 {
		t.Fatalf("%d vectors, %v", len(vectors.Players), err)
	}
	p := &Plan{Settings: Settings{TwoDeviceShare: vectors.TwoDeviceShare, AuditedShare: vectors.AuditedShare}}
	for _, v := range vectors.Players {
		if p.TwoDevices(v.Player) != v.TwoDevices || p.Audited(v.Player) != v.Audited {
			t.Errorf("player %d: two devices %t, audited %t; want %+v", v.Player, p.TwoDevices(v.Player), p.Audited(v.Player), v)
		}
	}
}

func TestSharesOfThePlayersAreMet(t *testing.T) {
	for _, c := range []struct {
		two, audited         float64
		wantTwo, wantAudited float64
	}{
		{0, 0, 0, 0}, {1.0 / 32, 0, 1.0 / 32, 0}, {0, 1.0 / 64, 0, 1.0 / 64},
		{1.0 / 32, 1.0 / 64, 1.0 / 32, 3.0 / 64}, {1, 0.5, 1, 1}, {0.5, 1, 0.5, 1},
	} {
		p := &Plan{Settings: Settings{TwoDeviceShare: c.two, AuditedShare: c.audited}}
		const players = 2000
		two, audited := 0.0, 0.0
		for i := range players {
			if p.TwoDevices(i) {
				two++
			}
			if p.Audited(i) {
				audited++
			}
		}
		if math.Abs(two/players-c.wantTwo) > 0.002 || math.Abs(audited/players-c.wantAudited) > 0.002 {
			t.Errorf("%+v: %v have two devices, %v are audited", c, two/players, audited/players)
		}
	}
}

func TestPlayersWithTwoDevicesActInPairsAndChangeNoArrivalButWhoseItIs(t *testing.T) {
	p := examplePlan()
	alone := drawAll(p)
	p.TwoDeviceShare = 1.0 / 16
	arrivals := drawAll(p)
	if len(arrivals) != len(alone) {
		t.Fatalf("%d arrivals, without second devices %d", len(arrivals), len(alone))
	}
	var digs []plan.Arrival
	for i, a := range arrivals {
		b := alone[i]
		if a.AtUs != b.AtUs || a.Action != b.Action || a.Bits != b.Bits || a.Action == Read && a.Player != b.Player {
			t.Fatalf("arrival %d is %+v, without second devices %+v", i, a, b)
		}
		if a.Device != 1 && a.Device != 2 {
			t.Fatalf("%+v has no device", a)
		}
		if a.Action == Dig {
			digs = append(digs, a)
		}
	}
	dug := map[int]bool{}
	devices := map[int][]uint8{}
	pairs := 0
	for i := 0; i < len(digs); i++ {
		a := digs[i]
		if !p.TwoDevices(a.Player) {
			continue
		}
		if !dug[a.Player] {
			dug[a.Player] = true
			continue
		}
		if i+1 == len(digs) {
			break
		}
		i++
		if b := digs[i]; b.Player != a.Player || b.Device == a.Device {
			t.Fatalf("after %+v comes %+v", a, b)
		}
		pairs++
		devices[a.Player] = append(devices[a.Player], a.Device)
	}
	first := 0
	for _, each := range devices {
		first += len(each) - len(slices.DeleteFunc(each, func(d uint8) bool { return d == 1 }))
	}
	if pairs < 300 || first < pairs/3 || first > pairs*2/3 {
		t.Errorf("%d pairs, of which device 1 begins %d", pairs, first)
	}
}

func TestEachNetworkHasItsShareOfThePlayersWithTwoDevices(t *testing.T) {
	p := examplePlan()
	p.Players, p.TwoDeviceShare, p.Groups = plan.Curve{{0, 28_000}}, 1.0/32, 2
	p.Networks = []plan.Network{{Name: "mobile-4g", Share: 0.7}, {Name: "lan", Share: 0.3}}
	for group, network := range p.Networks {
		twoDevices := 0
		for _, player := range p.Members(group) {
			if p.TwoDevices(int(player)) {
				twoDevices++
			}
		}
		if share := float64(twoDevices) / (28_000.0 / 32); math.Abs(share-network.Share) > 0.05 {
			t.Errorf("%s has %v of those with two devices, want %v", network.Name, share, network.Share)
		}
	}
}

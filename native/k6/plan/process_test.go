package plan

import (
	"math"
	"slices"
	"testing"
)

func examplePlan() *Plan {
	return &Plan{
		Version: Version, Seed: 3, DurationS: 20, Players: Curve{{0, 100}, {10, 2000}}, Skew: 1.2, Generators: 1, Groups: 4,
		Lanes: []Lane{{
			ID: "one", Rate: Curve{{0, 500}, {10, 2000}}, Actions: map[string]Action{"write": {TimeoutMs: 5000}, "read": {TimeoutMs: 100}},
			Targets: Targets{"nodes": {{"node/1", "127.0.0.1:1"}}}, Ledger: "one.bin",
		}, {
			ID: "other", Rate: Curve{{0, 100}}, Actions: map[string]Action{"put": {TimeoutMs: 200}}, Ledger: "other.bin",
		}},
	}
}

func drawAll(p *Plan, lane int, prefix string) []int64 {
	var all []int64
	process := NewProcess(p, p.Lanes[lane].Rate, Activity(p), prefix)
	for {
		atS, more := process.Next()
		if !more {
			return all
		}
		all = append(all, process.AtUs(atS))
	}
}

func TestArrivalsAreInOrderOfTimeAndFollowTheRate(t *testing.T) {
	p := examplePlan()
	all := drawAll(p, 0, "")
	for i, atUs := range all {
		if i > 0 && atUs < all[i-1] || atUs >= p.DurationUs() {
			t.Fatalf("arrival at %d us", atUs)
		}
	}
	want := p.Lanes[0].Rate.Integral(0, 20)
	if math.Abs(float64(len(all))-want) > 5*math.Sqrt(want) {
		t.Errorf("%d arrivals, want about %v", len(all), want)
	}
}

func TestALanesArrivalsDoNotDependOnWhoPlaysBesideIt(t *testing.T) {
	p := examplePlan()
	want := drawAll(p, 0, "one.")
	p.Lanes[0].Rate, p.Lanes[1] = Curve{{0, 9}}, p.Lanes[0]
	if !slices.Equal(drawAll(p, 1, "one."), want) {
		t.Error("another lane in front gives other arrivals")
	}
	if slices.Equal(drawAll(p, 1, "third."), want) {
		t.Error("two lanes of one rate have the same arrivals")
	}
}

func TestActivityHasMeanOne(t *testing.T) {
	p := examplePlan()
	p.Players, p.Skew = Curve{{0, 200_000}}, 0.8
	sums := Activity(p)
	if mean := sums[len(sums)-1] / float64(len(sums)); math.Abs(mean-1) > 0.02 {
		t.Errorf("mean activity %v, want 1", mean)
	}
}

func TestEveryPlayerBelongsToOneGroup(t *testing.T) {
	p := examplePlan()
	p.Players, p.Generators, p.Generator, p.Groups = Curve{{0, 1000}}, 3, 2, 4
	seen := map[int32]int{}
	for group := range p.Groups {
		for _, player := range p.Members(group) {
			seen[player]++
			if generator, own := p.Group(int(player)); generator != 2 || own != group || player%3 != 2 {
				t.Fatalf("player %d is in group %d, and by itself in %d of generator %d", player, group, own, generator)
			}
		}
	}
	for player := int32(2); player < 1000; player += 3 {
		if seen[player] != 1 {
			t.Fatalf("player %d is in %d groups", player, seen[player])
		}
	}
}

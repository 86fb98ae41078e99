package plan

import (
	"math"
	"slices"
	"testing"
)

func examplePlan() *Plan {
	return &Plan{
		Version: 1, Lane: "sessions", Design: "log", Seed: 3, DurationS: 20,
		Players: Curve{{0, 100}, {10, 2000}}, Rate: Curve{{0, 500}, {10, 2000}}, ReadRatio: 1.25, Skew: 1.2,
		Mix: Mix{30, 50, 20}, TimeoutMs: 5000, Generators: 1, Groups: 4,
		Gateways: []Service{{"gateway/1", "127.0.0.1:1"}}, Reads: []Service{{"proxy/1", "127.0.0.1:2"}}, Ledger: "ledger.bin",
	}
}

func drawAll(p *Plan) []Arrival {
	var all []Arrival
	arrivals := NewArrivals(p, Activity(p))
	for {
		a, more := arrivals.Next(math.MaxInt64)
		if !more {
			return all
		}
		all = append(all, a)
	}
}

func TestArrivalsDependOnTheSeedAndNotOnGroupsOrOnWhenTheyAreAskedFor(t *testing.T) {
	p := examplePlan()
	want := drawAll(p)

	other := examplePlan()
	other.Groups, other.Generators = 7, 2
	if !slices.Equal(drawAll(other), want) {
		t.Error("other groups and generators give other arrivals")
	}

	var stepwise []Arrival
	arrivals := NewArrivals(p, Activity(p))
	for nowUs := int64(0); nowUs <= p.DurationUs(); nowUs += 777 {
		for {
			a, due := arrivals.Next(nowUs)
			if !due {
				break
			}
			stepwise = append(stepwise, a)
		}
	}
	if !slices.Equal(stepwise, want) {
		t.Error("asking in small steps gives other arrivals")
	}

	reseeded := examplePlan()
	reseeded.Seed++
	if slices.Equal(drawAll(reseeded), want) {
		t.Error("another seed gives the same arrivals")
	}
}

func TestArrivalsAreInOrderOfTimeAndFollowTheCurve(t *testing.T) {
	p := examplePlan()
	digs := make([]float64, p.Seconds())
	reads := 0.0
	lastUs := int64(0)
	for _, a := range drawAll(p) {
		if a.AtUs < lastUs || a.AtUs >= p.DurationUs() {
			t.Fatalf("arrival at %d us after one at %d us", a.AtUs, lastUs)
		}
		lastUs = a.AtUs
		if a.Read {
			reads++
		} else {
			digs[a.AtUs/1_000_000]++
		}
	}
	total := 0.0
	for i, got := range digs {
		want := p.Rate.Integral(float64(i), float64(i+1))
		total += got
		// A Poisson count is within five standard deviations but once in two million seconds.
		if math.Abs(got-want) > 5*math.Sqrt(want) {
			t.Errorf("second %d: %v digs, want about %v", i, got, want)
		}
	}
	if math.Abs(reads/total-p.ReadRatio) > 0.02 {
		t.Errorf("%v reads per dig, want %v", reads/total, p.ReadRatio)
	}
}

func TestArrivalsPickOnlyActivePlayersInProportionToTheirActivity(t *testing.T) {
	p := examplePlan()
	p.DurationS, p.Players, p.Rate, p.ReadRatio = 100, Curve{{0, 10}, {50, 10}, {50, 20}}, Curve{{0, 4000}}, 0
	counts := make([]float64, 10)
	for _, a := range drawAll(p) {
		if a.AtUs < 50_000_000 {
			if a.Player >= 10 {
				t.Fatalf("player %d acts at %d us, when only the first 10 are active", a.Player, a.AtUs)
			}
			counts[a.Player]++
		}
	}
	weight := Activity(p)
	before := 0.0
	for i, got := range counts {
		want := 4000 * 50 * (weight[i] - before) / weight[9]
		before = weight[i]
		if math.Abs(got-want) > 6*math.Sqrt(want) {
			t.Errorf("player %d: %v digs, want about %v", i, got, want)
		}
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

func TestValidateNamesEveryFault(t *testing.T) {
	for _, p := range []*Plan{examplePlan()} {
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
	}
	bad := map[string]func(*Plan){
		"a curve that goes back":    func(p *Plan) { p.Rate = Curve{{5, 1}, {4, 1}} },
		"a curve without points":    func(p *Plan) { p.Players = nil },
		"a negative rate":           func(p *Plan) { p.Rate = Curve{{0, -1}} },
		"reads without a proxy":     func(p *Plan) { p.Reads = nil },
		"no gateway":                func(p *Plan) { p.Gateways = nil },
		"an empty mix":              func(p *Plan) { p.Mix = Mix{} },
		"no timeout":                func(p *Plan) { p.TimeoutMs = 0 },
		"another version":           func(p *Plan) { p.Version = 2 },
		"a generator out of bounds": func(p *Plan) { p.Generator = 1 },
	}
	for name, spoil := range bad {
		p := examplePlan()
		spoil(p)
		if p.Validate() == nil {
			t.Errorf("accepted: %s", name)
		}
	}
}

func BenchmarkArrivals(b *testing.B) {
	p := examplePlan()
	p.Players, p.Rate, p.DurationS, p.ReadRatio = Curve{{0, 28_000}}, Curve{{0, 8000}}, 86_400, 0
	arrivals := NewArrivals(p, Activity(p))
	for b.Loop() {
		arrivals.Next(math.MaxInt64)
	}
}

package sessionplan

import (
	"math"
	"slices"
	"testing"

	"hunt/native/k6/plan"
	"hunt/native/k6/sessions/operation"
)

func examplePlan() *Plan {
	p := &Plan{
		Plan: plan.Plan{
			Version: plan.Version, Seed: 3, DurationS: 20, Players: plan.Curve{{0, 100}, {10, 2000}}, Skew: 1.2,
			Generators: 1, Groups: 4,
		},
		Settings: Settings{ReadRatio: 1.25, Mix: operation.Mix{DigStarted: 30, TilesRevealed: 50, LootClaimed: 20}},
		Design:   "log", Rate: plan.Curve{{0, 500}, {10, 2000}}, Ledger: "ledger.bin",
		Gateways: []plan.Service{{Name: "gateway/1", Address: "127.0.0.1:1"}},
		Reads:    []plan.Service{{Name: "proxy/1", Address: "127.0.0.1:2"}},
	}
	p.TimeoutMs.Dig, p.TimeoutMs.Read = 5000, 5000
	return p
}

func drawAll(p *Plan) []plan.Arrival {
	var all []plan.Arrival
	arrivals := NewArrivals(p, plan.Activity(&p.Plan))
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

	var stepwise []plan.Arrival
	arrivals := NewArrivals(p, plan.Activity(&p.Plan))
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
		if a.Action == Read {
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
	p.DurationS, p.Players, p.Rate, p.ReadRatio = 100, plan.Curve{{0, 10}, {50, 10}, {50, 20}}, plan.Curve{{0, 4000}}, 0
	counts := make([]float64, 10)
	for _, a := range drawAll(p) {
		if a.AtUs < 50_000_000 {
			if a.Player >= 10 {
				t.Fatalf("player %d acts at %d us, when only the first 10 are active", a.Player, a.AtUs)
			}
			counts[a.Player]++
		}
	}
	weight := plan.Activity(&p.Plan)
	before := 0.0
	for i, got := range counts {
		want := 4000 * 50 * (weight[i] - before) / weight[9]
		before = weight[i]
		if math.Abs(got-want) > 6*math.Sqrt(want) {
			t.Errorf("player %d: %v digs, want about %v", i, got, want)
		}
	}
}

func TestSettingsThatCannotBeAreRefused(t *testing.T) {
	of := func(p *Plan) error {
		whole, err := p.Whole()
		if err != nil {
			t.Fatal(err)
		}
		if err := whole.Validate(); err != nil {
			t.Fatal(err)
		}
		_, err = Of(whole, whole.Lane(ID))
		return err
	}
	if err := of(examplePlan()); err != nil {
		t.Fatal(err)
	}
	bad := map[string]func(*Plan){
		"reads without a proxy":    func(p *Plan) { p.Reads = nil },
		"no gateway":               func(p *Plan) { p.Gateways = nil },
		"an empty mix":             func(p *Plan) { p.Mix = operation.Mix{} },
		"an unknown read protocol": func(p *Plan) { p.ReadProtocol = "smtp" },
		"a share above 1":          func(p *Plan) { p.TwoDeviceShare = 1.5 },
	}
	for name, spoil := range bad {
		p := examplePlan()
		spoil(p)
		if of(p) == nil {
			t.Errorf("accepted: %s", name)
		}
	}
}

func TestAPlanReadBackFromItsFileIsTheSame(t *testing.T) {
	p := examplePlan()
	whole, err := p.Whole()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Of(whole, whole.Lane(ID))
	if err != nil || back.Settings != p.Settings || back.TimeoutMs != p.TimeoutMs || !slices.Equal(drawAll(back), drawAll(p)) {
		t.Errorf("read back as %+v, %v", back, err)
	}
}

func BenchmarkArrivals(b *testing.B) {
	p := examplePlan()
	p.Players, p.Rate, p.DurationS, p.ReadRatio = plan.Curve{{0, 28_000}}, plan.Curve{{0, 8000}}, 86_400, 0
	arrivals := NewArrivals(p, plan.Activity(&p.Plan))
	for b.Loop() {
		arrivals.Next(math.MaxInt64)
	}
}

package sessionplan

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"hunt/native/k6/plan"
)

// The lane has its random numbers under their bare names, so that a seed gives the digs that it always gave.
func TestDigsAreTheArrivalsOfTheSharedVectors(t *testing.T) {
	paths, err := filepath.Glob("../../../../test/fixtures/load-plan/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var v struct {
			Seed      uint64
			DurationS float64
			Curve     plan.Curve
			Arrivals  []int
		}
		if err := json.Unmarshal(content, &v); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		p := examplePlan()
		p.Seed, p.DurationS, p.Rate = v.Seed, v.DurationS, v.Curve
		digs := make([]int, p.Seconds())
		for _, a := range drawAll(p) {
			if a.Action == Dig {
				digs[a.AtUs/1_000_000]++
			}
		}
		if !slices.Equal(digs, v.Arrivals) {
			t.Errorf("%s: digs per second %v, want %v", path, digs, v.Arrivals)
		}
	}
}

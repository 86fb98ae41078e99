package plan

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write the vectors again")

type vector struct {
	Name       string    `json:"name"`
	Seed       uint64    `json:"seed"`
	DurationS  float64   `json:"durationS"`
	Curve      Curve     `json:"curve"`
	Integrated []float64 `json:"integrated"`
	Arrivals   []int     `json:"arrivals"`
}

// src/load integrates the same curves and is held to the same files.
func TestVectorsOfTheSharedFixtures(t *testing.T) {
	paths, err := filepath.Glob("../../../test/fixtures/load-plan/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var v vector
		if err := json.Unmarshal(content, &v); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		t.Run(v.Name, func(t *testing.T) {
			integrated, arrivals := compute(v)
			if *update {
				v.Integrated, v.Arrivals = integrated, arrivals
				write(t, path, v)
				return
			}
			if len(integrated) != len(v.Integrated) {
				t.Fatalf("%d seconds, want %d", len(integrated), len(v.Integrated))
			}
			for i, want := range v.Integrated {
				if math.Abs(integrated[i]-want) > 1e-6 {
					t.Errorf("second %d: area %v, want %v", i, integrated[i], want)
				}
			}
			if !slices.Equal(arrivals, v.Arrivals) {
				t.Errorf("arrivals per second %v, want %v", arrivals, v.Arrivals)
			}
		})
	}
}

func compute(v vector) ([]float64, []int) {
	p := examplePlan()
	p.Seed, p.DurationS = v.Seed, v.DurationS
	integrated := make([]float64, p.Seconds())
	for i := range integrated {
		integrated[i] = math.Round(v.Curve.Integral(float64(i), min(float64(i+1), v.DurationS))*1e6) / 1e6
	}
	arrivals := make([]int, p.Seconds())
	process := NewProcess(p, v.Curve, Activity(p), "")
	for {
		atS, more := process.Next()
		if !more {
			return integrated, arrivals
		}
		arrivals[process.AtUs(atS)/1_000_000]++
	}
}

func write(t *testing.T, path string, v vector) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

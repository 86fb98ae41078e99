package operation

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"hunt/native/k6/plan"
)

func TestDigestMatchesTheSharedVectors(t *testing.T) {
	content, err := os.ReadFile("../../../../test/fixtures/operation-digest.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Device, Sequence uint32
		Kind             Kind
		Fields           [3]uint32
		Digest           uint32
	}
	if err := json.Unmarshal(content, &vectors); err != nil || len(vectors) == 0 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for _, v := range vectors {
		if got := (Operation{v.Kind, v.Fields}).Digest(v.Device, v.Sequence); got != v.Digest {
			t.Errorf("%+v: digest %d", v, got)
		}
	}
}

func TestDrawFollowsTheMix(t *testing.T) {
	random := plan.NewRandom(1, "test")
	counts := map[Kind]float64{}
	const draws = 100_000
	for range draws {
		counts[Draw(Mix{DigStarted: 3, TilesRevealed: 5, LootClaimed: 2}, random.Uint64()).Kind]++
	}
	for kind, share := range map[Kind]float64{DigStarted: 0.3, TilesRevealed: 0.5, LootClaimed: 0.2} {
		if got := counts[kind] / draws; math.Abs(got-share) > 0.01 {
			t.Errorf("kind %d: share %v, want %v", kind, got, share)
		}
	}
}

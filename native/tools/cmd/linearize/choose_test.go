package main

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSessionsThatWereThroughSomethingAreChosenFirst(t *testing.T) {
	faults, err := parseWindows("10:12.5,40:Infinity")
	if err != nil || len(faults) != 2 || faults[0] != (window{10e6, 12.5e6}) || faults[1].toUs < math.MaxInt64/8 {
		t.Fatal(faults, err)
	}
	did := func(sentUs, endUs int64, outcomeOf byte, sends uint32) *traits {
		each := &traits{}
		each.add(record{kind: attempt, atUs: sentUs}, faults)
		if outcomeOf != 0 {
			each.add(record{kind: outcome, outcome: outcomeOf, atUs: endUs, sends: sends}, faults)
		}
		return each
	}
	for name, c := range map[string]struct {
		traits *traits
		is     bool
	}{
		"quiet":                       {did(1e6, 2e6, answeredOK, 1), false},
		"refused":                     {did(1e6, 2e6, refused, 1), false},
		"sent again":                  {did(1e6, 2e6, answeredOK, 2), true},
		"without a known outcome":     {did(1e6, 2e6, 3, 1), true},
		"without an answer":           {did(1e6, 0, 0, 0), true},
		"under way when a fault came": {did(9e6, 11e6, answeredOK, 1), true},
		"after that fault":            {did(13e6, 14e6, answeredOK, 1), false},
	} {
		if c.traits.interesting() != c.is {
			t.Errorf("%s: %v", name, !c.is)
		}
	}

	seen := map[uint32]*traits{}
	var players []uint32
	for player := range uint32(1000) {
		players = append(players, player)
		seen[player] = &traits{operations: 3, eventful: player < 100}
	}
	seen[50].operations = 1001
	chosen, told := choose(players, seen, 64, 1000, 7)
	if count := interestingOf(chosen); len(chosen) != 64 || count != 48 || slices.Contains(chosen, 50) {
		t.Errorf("%d chosen, %d of them interesting", len(chosen), count)
	}
	if !strings.HasPrefix(told, "a sample of 64 of 1000 sessions, seed 7: 0 of the 0 played from two devices, 48 of the 99 others that overlapped") {
		t.Error(told)
	}
	again, _ := choose(players, seen, 64, 1000, 7)
	other, _ := choose(players, seen, 64, 1000, 8)
	if !slices.Equal(chosen, again) || slices.Equal(chosen, other) {
		t.Error("the choice is the seed's")
	}
	if all, _ := choose(players[:110], seen, 64, 1000, 7); len(all) != 64 || interestingOf(all) != 54 {
		t.Errorf("%d of %d where there are few others", interestingOf(all), len(all))
	}
	if few, _ := choose(players[:10], seen, 64, 1000, 7); len(few) != 10 {
		t.Errorf("%d of 10", len(few))
	}
}

func interestingOf(players []uint32) int {
	count := 0
	for _, player := range players {
		if player < 100 {
			count++
		}
	}
	return count
}

func TestWindowsThatAreNoneAreRefused(t *testing.T) {
	for _, text := range []string{"1", "1:x", "3:2"} {
		if _, err := parseWindows(text); err == nil {
			t.Error(text)
		}
	}
}

// Two devices of one player write to one session: its revision counts both.
func TestASessionIsAllDevicesOfItsPlayer(t *testing.T) {
	folder := t.TempDir()
	ledger := append([]byte("HUNTLEDG\x01\x00\x00\x00"), make([]byte, ledgerHeader-12)...)
	put := func(kind, outcomeOf, device byte, sequence uint32, atUs int64, revision uint32) {
		r := make([]byte, ledgerRecord)
		r[0], r[1], r[2] = kind, outcomeOf, device
		binary.LittleEndian.PutUint32(r[4:], 5)
		binary.LittleEndian.PutUint32(r[8:], sequence)
		binary.LittleEndian.PutUint64(r[16:], uint64(atUs))
		binary.LittleEndian.PutUint32(r[32:], revision)
		binary.LittleEndian.PutUint32(r[36:], 1)
		ledger = append(ledger, r...)
	}
	put(attempt, 0, 1, 1, 10, 0)
	put(outcome, answeredOK, 1, 1, 20, 1)
	put(attempt, 0, 1, 2, 30, 0)
	put(attempt, 0, 2, 1, 31, 0)
	put(outcome, answeredOK, 2, 1, 40, 2)
	put(outcome, answeredOK, 1, 2, 50, 3)
	put(closing, 0, 0, 0, 60, 0)
	observed := append([]byte("HUNTOBSV\x01\x00\x00\x00"), make([]byte, observedHeader-12)...)
	for device, count := range []uint32{2, 1} {
		r := make([]byte, observedRecord)
		r[4], r[5] = byte(device+1), found
		binary.LittleEndian.PutUint32(r, 5)
		binary.LittleEndian.PutUint32(r[8:], 3)
		binary.LittleEndian.PutUint32(r[16:], count)
		observed = append(observed, r...)
	}
	files := []string{filepath.Join(folder, "ledger.bin"), filepath.Join(folder, "observed.bin")}
	for at, content := range [][]byte{ledger, observed} {
		if err := os.WriteFile(files[at], content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	histories, _, err := sample(files[0], files[1], request{sessions: 8, operations: 10})
	if err != nil || len(histories) != 1 || len(histories[0].actions) != 3 {
		t.Fatal(histories, err)
	}
	if r := check(histories, time.Now().Add(time.Second)); r.Outcome != "held" || r.Operations != 3 {
		t.Errorf("%+v", r)
	}
	histories[0].count--
	if r := check(histories, time.Now().Add(time.Second)); r.Outcome != "broken" {
		t.Errorf("%+v", r)
	}
}

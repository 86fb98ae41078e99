// Command linearize holds a sample of a run's sessions against a model of a session, with porcupine. It
// shares no code and no idea with hunt's own checker, which compares sums: it asks whether the answers that
// the players got, and the state that was read at the end, can come from operations that were applied one
// at a time, each between its sending and its answer.
//
//	linearize -sessions 64 -operations 1000 -faults 12:15.5,40:Infinity -seed 7 -within 800ms -memory-mb 256 LEDGER OBSERVED
//
// It prints one JSON object: {"outcome":"held|broken|unknown","sample","sessions","ofTwoDevices","operations","violations","example"?,"reason"?}.
// What it can't decide within its time or memory is unknown. Half of the sample are sessions that were played from
// several devices, three quarters of the rest have been through something: a fault, an operation that was sent again
// or was not answered.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

type report struct {
	Outcome      string `json:"outcome"`
	Sample       string `json:"sample,omitempty"` // which sessions, in words
	Sessions     int    `json:"sessions"`
	OfTwoDevices int    `json:"ofTwoDevices"` // sessions that were played from several devices
	Operations   int    `json:"operations"`
	Violations   int    `json:"violations"` // sessions
	Example      string `json:"example,omitempty"`
	Reason       string `json:"reason,omitempty"`
}

func main() {
	sessions := flag.Int("sessions", 64, "sessions to check")
	operations := flag.Int("operations", 1000, "a session with more is left out")
	within := flag.Duration("within", 800*time.Millisecond, "time to decide all of them, once they are read")
	faults := flag.String("faults", "", "when faults could be felt: FROM:TO,... in seconds")
	seed := flag.Uint64("seed", 0, "of the choice of sessions")
	memoryMB := flag.Int64("memory-mb", 256, "ends undecided when the heap is larger")
	flag.Parse()
	if flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "usage: linearize [flags] LEDGER OBSERVED")
		os.Exit(2)
	}
	debug.SetMemoryLimit(*memoryMB << 20)
	go watchMemory(uint64(*memoryMB) << 20)
	windows, err := parseWindows(*faults)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	wanted := request{sessions: *sessions, operations: *operations, faults: windows, seed: *seed}
	histories, chosen, err := sample(flag.Arg(0), flag.Arg(1), wanted)
	if err != nil {
		tell(report{Outcome: "unknown", Reason: err.Error()})
		return
	}
	r := check(histories, time.Now().Add(*within))
	r.Sample = chosen
	tell(r)
}

func tell(r report) {
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		os.Exit(1)
	}
}

// watchMemory ends the program as undecided: the search may need any amount of memory.
func watchMemory(limit uint64) {
	var stats runtime.MemStats
	for range time.Tick(20 * time.Millisecond) {
		runtime.ReadMemStats(&stats)
		if stats.HeapAlloc > limit {
			tell(report{Outcome: "unknown", Reason: fmt.Sprintf("it needed more than %d MB", limit>>20)})
			os.Exit(0)
		}
	}
}

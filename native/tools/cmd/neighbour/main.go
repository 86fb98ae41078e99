// Neighbour burns a share of some processors: the noisy neighbour of whatever else runs on them.
//
//	neighbour --cpus 0,1 --share 0.5 --for 30s
//
// Each processor has a thread of its own, pinned to it, that burns its share of every slice of 10 ms and
// sleeps for the rest. It ends by itself when its time is over, if nobody ended it before.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

const (
	slice = 10 * time.Millisecond
	most  = 10 * time.Minute
)

func main() {
	cpus := flag.String("cpus", "", "processors, such as 0,1")
	share := flag.Float64("share", 0.5, "of each, above 0 up to 1")
	length := flag.Duration("for", most, "it ends then at the latest, up to 10m")
	flag.Parse()
	if err := run(*cpus, *share, *length); err != nil {
		fmt.Fprintln(os.Stderr, "neighbour:", err)
		os.Exit(1)
	}
}

func run(list string, share float64, length time.Duration) error {
	if !(share > 0 && share <= 1) || length <= 0 || length > most {
		return fmt.Errorf("expected --share above 0 up to 1 and --for up to %v, got %v and %v", most, share, length)
	}
	cpus, err := parse(list)
	if err != nil {
		return err
	}
	until := time.Now().Add(length)
	failed := make(chan error, len(cpus))
	for _, cpu := range cpus {
		go func() { failed <- burn(cpu, share, until) }()
	}
	var all []error
	for range cpus {
		all = append(all, <-failed)
	}
	return errors.Join(all...)
}

func parse(list string) ([]int, error) {
	var cpus []int
	for part := range strings.SplitSeq(list, ",") {
		cpu, err := strconv.Atoi(part)
		if err != nil || cpu < 0 || cpu > 1023 {
			return nil, fmt.Errorf("--cpus: expected processors such as 0,1, got %q", list)
		}
		cpus = append(cpus, cpu)
	}
	return cpus, nil
}

// sink keeps the work from being optimised away.
var sink atomic.Uint64

func burn(cpu int, share float64, until time.Time) error {
	runtime.LockOSThread()
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("processor %d: %w", cpu, err)
	}
	busy := time.Duration(share * float64(slice))
	for {
		begun := time.Now()
		if !begun.Before(until) {
			return nil
		}
		var sum uint64
		for time.Since(begun) < busy {
			for round := range uint64(1000) {
				sum = sum*6364136223846793005 + round
			}
		}
		sink.Add(sum)
		if rest := slice - busy; rest > 0 {
			time.Sleep(rest)
		}
	}
}

package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"hunt/native/tools/monotonic"
)

func watching(t *testing.T, sync func() error, waited func() time.Duration) *probe {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	p := &probe{sync: sync, waited: waited}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.watchUntil(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	return p
}

// gather asks until what has been told is enough; 10 s are many times what it takes.
func gather(t *testing.T, p *probe, enough func(answer) bool) answer {
	t.Helper()
	var sum answer
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		facts, err := p.take()
		if err != nil {
			t.Fatal(err)
		}
		sum.Syncs += facts.Syncs
		sum.MaxMs = max(sum.MaxMs, facts.MaxMs)
		sum.Stalls = append(sum.Stalls, facts.Stalls...)
		if enough(sum) {
			return sum
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %+v", sum)
		}
	}
}

func TestADiskThatStandsStillOnceIsToldWithMomentAndLength(t *testing.T) {
	calls := 0
	beganUs := monotonic.NowUs()
	p := watching(t, func() error {
		if calls++; calls == 3 {
			time.Sleep(150 * time.Millisecond)
		}
		return nil
	}, waitedForProcessor)
	facts := gather(t, p, func(sum answer) bool { return sum.Syncs >= 6 })
	if len(facts.Stalls) != 1 {
		t.Fatalf("stalls: %+v", facts.Stalls)
	}
	told := facts.Stalls[0]
	if told.ForMs < 150 || told.ForMs > 1000 || facts.MaxMs != told.ForMs {
		t.Errorf("a stall of 150 ms was told as %+v, the longest as %v ms", told, facts.MaxMs)
	}
	// Two syncs 50 ms apart come before it.
	after := told.AtMonotonicMs - float64(beganUs)/1000
	if after < 140 || after > 2000 {
		t.Errorf("it began %v ms after the first, expected 150", after)
	}
}

func TestABusyMachineIsNoDiskThatStandsStill(t *testing.T) {
	var waited time.Duration
	p := watching(t, func() error {
		time.Sleep(70 * time.Millisecond)
		waited += 65 * time.Millisecond
		return nil
	}, func() time.Duration { return waited })
	if facts := gather(t, p, func(sum answer) bool { return sum.Syncs >= 3 }); len(facts.Stalls) != 0 {
		t.Errorf("stalls: %+v", facts.Stalls)
	}
}

func TestTheThreadsWaitForAProcessorIsKnown(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := waitedForProcessor()
	for range 4 * runtime.NumCPU() {
		burner := exec.Command("sh", "-c", "while :; do :; done")
		if err := burner.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			_ = burner.Process.Kill()
			_ = burner.Wait()
		}()
	}
	for deadline := time.Now().Add(10 * time.Second); waitedForProcessor() == before; {
		if time.Now().After(deadline) {
			t.Fatal("nothing was waited for within 10 s on a machine with four busy processes per processor")
		}
	}
}

func TestWhatWasToldIsToldOnce(t *testing.T) {
	p := &probe{}
	p.ended(monotonic.NowUs(), 60*time.Millisecond, nil)
	first, _ := p.take()
	second, _ := p.take()
	if len(first.Stalls) != 1 || len(second.Stalls) != 0 || second.MaxMs != 0 || second.Syncs != 0 {
		t.Errorf("first %+v, second %+v", first, second)
	}
}

func TestADiskThatRefusesIsAnErrorUntilItTakesASyncAgain(t *testing.T) {
	p := &probe{}
	p.ended(monotonic.NowUs(), time.Millisecond, errors.New("no space"))
	if _, err := p.take(); err == nil {
		t.Error("no error told")
	}
	p.ended(monotonic.NowUs(), time.Millisecond, nil)
	if facts, err := p.take(); err != nil || facts.Syncs != 1 {
		t.Errorf("%+v, %v", facts, err)
	}
}

func TestTheFileIsWrittenAndBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sync.bin")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sync := syncer(file, 4*blockBytes)
	size := func() int64 {
		facts, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return facts.Size()
	}
	for range 3 {
		if err := sync(); err != nil {
			t.Fatal(err)
		}
	}
	if got := size(); got != 3*blockBytes {
		t.Errorf("%d bytes after three syncs", got)
	}
	for range 4 {
		if err := sync(); err != nil {
			t.Fatal(err)
		}
	}
	if got := size(); got != 4*blockBytes {
		t.Errorf("%d bytes after more than fit, expected %d", got, 4*blockBytes)
	}
}

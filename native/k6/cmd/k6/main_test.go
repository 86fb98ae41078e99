package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"hunt/native/k6/frames"
	"hunt/native/k6/k6run"
	"hunt/native/k6/plan"
	"hunt/native/k6/sessions/fakebackend"
	"hunt/native/k6/sessions/operation"
	"hunt/native/k6/sessions/sessionplan"
)

var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "hunt-k6-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "k6")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		panic(string(out))
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// start starts k6 against a fake gateway that answers after 2 ms.
func start(t *testing.T, durationS float64) (*k6run.Run, *sessionplan.Plan, *bytes.Buffer) {
	gateway, err := fakebackend.StartGateway(2*time.Millisecond, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(gateway.Stop)
	dir := t.TempDir()
	p := &sessionplan.Plan{
		Plan:     plan.Plan{RunID: "test", Seed: 5, DurationS: durationS, Players: plan.Curve{{0, 2000}}, Generators: 1, Groups: 2},
		Settings: sessionplan.Settings{Mix: operation.Mix{DigStarted: 1}},
		Design:   "log", Rate: plan.Curve{{0, 500}}, Gateways: []plan.Service{{Name: "gateway/1", Address: gateway.Address}},
		Ledger: filepath.Join(dir, "ledger.bin"),
	}
	p.TimeoutMs.Dig, p.TimeoutMs.Read = 1000, 1000
	whole, err := p.Whole()
	if err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	r, err := k6run.Start(k6run.Options{
		Binary: binary, Script: "../../../../src/scenarios/k6/swarm.js", Dir: dir, Output: &output,
	}, whole)
	if err != nil {
		t.Fatalf("%v\n%s", err, output.String())
	}
	t.Cleanup(func() { r.Command.Process.Kill() })
	return r, p, &output
}

func TestK6PlaysAPlanAndExitsCleanly(t *testing.T) {
	t.Parallel()
	r, _, output := start(t, 1)
	if err := r.Begin(); err != nil {
		t.Fatalf("%v\n%s", err, output.String())
	}
	end, err := r.Follow(func(frames.Second) error { return nil })
	if err != nil || end.Reason != frames.Finished || end.Totals[0].OK != end.Totals[0].Intended || end.Totals[0].OK < 300 {
		t.Errorf("end %+v, %v", end, err)
	}
	if err := r.Command.Wait(); err != nil || output.Len() > 0 {
		t.Errorf("k6: %v\n%s", err, output.String())
	}
}

func TestAPausedGeneratorShowsAsItsOwnLatenessNotTheSystems(t *testing.T) {
	t.Parallel()
	r, _, _ := start(t, 4)
	if err := r.Begin(); err != nil {
		t.Fatal(err)
	}
	sum := map[string]*hdrhistogram.Histogram{}
	paused := false
	end, err := r.Follow(func(second frames.Second) error {
		if !paused {
			paused = true
			if err := r.Command.Process.Signal(syscall.SIGSTOP); err != nil {
				return err
			}
			time.AfterFunc(2*time.Second, func() { r.Command.Process.Signal(syscall.SIGCONT) })
		}
		for _, h := range second.Histograms {
			decoded, err := hdrhistogram.Decode([]byte(h.HDR))
			if err != nil {
				return err
			}
			if sum[h.Series] == nil {
				sum[h.Series] = hdrhistogram.New(1, 120_000_000, 3)
			}
			sum[h.Series].Merge(decoded)
		}
		return nil
	})
	if err != nil || end.Reason != frames.Finished {
		t.Fatalf("end %+v, %v", end, err)
	}
	// Half of the run was paused, and half of that is past the timeout of 1 s.
	digs := end.Totals[0]
	if share := float64(digs.Dropped) / float64(digs.Intended); share < 0.1 || share > 0.45 {
		t.Errorf("%d of %d digs were dropped, want about a quarter", digs.Dropped, digs.Intended)
	}
	lag, blocked := sum["sessions.dig.scheduleLag"], sum["sessions.dig.blocked"]
	if lag.ValueAtQuantile(75) < 300_000 || lag.Mean() < 5*blocked.Mean() {
		t.Errorf("schedule lag p75 %d us, mean %.0f us; blocked mean %.0f us", lag.ValueAtQuantile(75), lag.Mean(), blocked.Mean())
	}
	if err := r.Command.Wait(); err != nil {
		t.Error(err)
	}
}

func TestWithoutHuntTheSwarmEndsInSeconds(t *testing.T) {
	t.Parallel()
	r, p, output := start(t, 60)
	if err := r.Begin(); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(500*time.Millisecond, func() { r.Peer.Close() })
	began := time.Now()
	_ = r.Command.Wait()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("k6 ended after %v\n%s", took, output.String())
	}
	content, err := os.ReadFile(p.Ledger)
	if err != nil || len(content) < 80 || content[len(content)-40] != 255 {
		t.Errorf("ledger of %d bytes is not closed, %v", len(content), err)
	}
}

func TestAnInterruptClosesTheLedgerAndSendsTheEnd(t *testing.T) {
	t.Parallel()
	r, _, _ := start(t, 60)
	if err := r.Begin(); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(700*time.Millisecond, func() { r.Command.Process.Signal(syscall.SIGINT) })
	end, err := r.Follow(func(frames.Second) error { return nil })
	if err != nil || end.Reason != frames.Stopped || end.Totals[0].OK != end.Totals[0].Intended {
		t.Errorf("end %+v, %v", end, err)
	}
	var exit *exec.ExitError
	if err := r.Command.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 105 {
		t.Errorf("k6: %v, want exit code 105", err)
	}
}

func TestAFailedRunExitsWithAnError(t *testing.T) {
	t.Parallel()
	r, p, output := start(t, 60)
	if err := os.WriteFile(p.Ledger, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := r.Begin(); err != nil {
		t.Fatal(err)
	}
	end, err := r.Follow(func(frames.Second) error { return nil })
	if err != nil || end.Reason != frames.Failed || end.Error == "" {
		t.Errorf("end %+v, %v", end, err)
	}
	if err := r.Command.Wait(); err == nil {
		t.Errorf("k6 exits with 0\n%s", output.String())
	}
}

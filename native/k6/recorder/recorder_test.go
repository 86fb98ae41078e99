package recorder

import (
	"sync"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const timeoutUs = 5_000_000

var sessions = []Action{{"sessions.dig", timeoutUs}, {"sessions.read", timeoutUs}}

// The places of the sessions' actions.
const (
	Dig uint8 = iota
	Read
)

func decode(t *testing.T, encoded string) *hdrhistogram.Histogram {
	t.Helper()
	h, err := hdrhistogram.Decode([]byte(encoded))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func changes(t *testing.T, r *Recorder) Changes {
	t.Helper()
	c, err := r.Changes()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestChangesAddUpToTheRunWhileGroupsRecord(t *testing.T) {
	r := New(10, sessions, nil)
	want := hdrhistogram.New(lowestUs, highestUs, digits)
	var groups sync.WaitGroup
	const each = 5000
	for group := range 4 {
		groups.Go(func() {
			for i := range each {
				atUs := int64(i%10) * 1_000_000
				r.Book(0, 0).Intended(Dig, atUs)
				r.Book(0, 0).Sent(Dig, atUs)
				r.Book(0, 0).Done(Result{Action: Dig, IntendedUs: atUs, Outcome: OK, ElapsedUs: int64(i*7 + group), ServiceUs: int64(i)})
			}
		})
	}
	for group := range 4 {
		for i := range each {
			_ = want.RecordValue(int64(i*7 + group))
		}
	}
	recorded := make(chan struct{})
	go func() { groups.Wait(); close(recorded) }()
	got := hdrhistogram.New(lowestUs, highestUs, digits)
	var ok, intended int64
	for last := false; !last; {
		select {
		case <-recorded:
			last = true
		default:
		}
		c := changes(t, r)
		for _, h := range c.Histograms {
			if h.Series == "sessions.dig.response" {
				got.Merge(decode(t, h.HDR))
			}
		}
		for _, counts := range c.Counts {
			ok += counts.OK
			intended += counts.Intended
		}
	}
	if !got.Equals(want) || ok != 4*each || intended != 4*each {
		t.Errorf("%d ok of %d, %d values, want %d and the same histogram", ok, intended, got.TotalCount(), 4*each)
	}
	if c := changes(t, r); len(c.Counts)+len(c.Open)+len(c.Histograms) != 0 {
		t.Errorf("changes without a change: %+v", c)
	}
}

func TestFailuresCountAtTheTimeoutAtLeastAndOnTheirOwn(t *testing.T) {
	for _, c := range []struct {
		outcome    Outcome
		elapsedUs  int64
		responseUs int64
		failures   int64
	}{
		{OK, 1_000, 1_000, 0},
		{Fail, 1_000, timeoutUs, 1},
		{Unknown, 6_000_000, 6_000_000, 1},
		{Dropped, 5_500_000, 5_500_000, 0},
		{Dropped, 0, timeoutUs, 0},
	} {
		r := New(1, sessions, nil)
		r.Book(0, 0).Intended(Read, 0)
		r.Book(0, 0).Done(Result{Action: Read, Outcome: c.outcome, ElapsedUs: c.elapsedUs, ServiceUs: -1})
		series := map[string]*hdrhistogram.Histogram{}
		for _, h := range changes(t, r).Histograms {
			series[h.Series] = decode(t, h.HDR)
		}
		response := series["sessions.read.response"]
		if !response.ValuesAreEquivalent(response.Max(), c.responseUs) {
			t.Errorf("%+v: response %d us", c, response.Max())
		}
		if failed := series["sessions.read.failed"]; (failed != nil) != (c.failures > 0) {
			t.Errorf("%+v: failed %v", c, failed)
		}
		if series["sessions.read.service"] != nil {
			t.Errorf("%+v: service is timed without an answer", c)
		}
	}
}

func TestOpenSecondsAreListedUntilTheyEndAcrossSilentOnes(t *testing.T) {
	r := New(10, sessions, nil)
	r.Book(0, 0).Intended(Dig, 0)
	r.Book(0, 0).Intended(Dig, 4_000_000)
	if c := changes(t, r); len(c.Open) != 2 || c.Open[0].Second != 0 || c.Open[1] != (Open{"sessions.dig", 4, 1}) {
		t.Errorf("open %+v", c.Open)
	}
	r.Book(0, 0).Done(Result{Action: Dig, Outcome: OK})
	if c := changes(t, r); len(c.Open) != 1 || c.Open[0].Second != 4 || len(c.Counts) != 1 || *c.Counts[0].Second != 0 {
		t.Errorf("changes %+v", c)
	}
}

package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"hunt/native/k6/frames"
	"hunt/native/k6/k6run"
	"hunt/native/k6/plan"
	"hunt/native/k6/recorder"
	"hunt/native/k6/sessions/operation"
	"hunt/native/k6/sessions/sessionplan"
)

type report struct {
	Actions         int64              `json:"actions"`
	Digs            int64              `json:"digs"`
	CPUUsPerDig     float64            `json:"cpuUsPerDig"`
	CPUUsPerAction  float64            `json:"cpuUsPerAction"`
	RSSMaxMB        float64            `json:"rssMaxMb"`
	ScheduleLagP99  float64            `json:"scheduleLagMsP99"`
	Milliseconds    map[string]float64 `json:"milliseconds"`
	Totals          []recorder.Counts  `json:"totals"`
	LedgerRecords   uint64             `json:"ledgerRecords"`
	cpuFrom, cpuEnd float64
	histograms      map[string]*hdrhistogram.Histogram
}

func run(o options) (*report, error) {
	dir, err := os.MkdirTemp("", "swarm-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if o.k6 == "" {
		o.k6 = filepath.Join(dir, "k6")
		if out, err := exec.Command("go", "build", "-o", o.k6, "./cmd/k6").CombinedOutput(); err != nil {
			return nil, fmt.Errorf("go build: %w\n%s", err, out)
		}
	}
	stop, addresses, err := startBackend(o)
	if err != nil {
		return nil, err
	}
	defer stop()
	if len(addresses) != 4 {
		return nil, fmt.Errorf("%d addresses, expected two gateways and a proxy's two", len(addresses))
	}
	var flags []string
	if o.profile != "" {
		flags = []string{"--profiling-enabled"}
	}
	whole, err := o.plan(addresses, dir)
	if err != nil {
		return nil, err
	}
	k6, err := k6run.Start(k6run.Options{Binary: o.k6, Script: o.script, Dir: dir, Flags: flags, Output: os.Stderr}, whole)
	if err != nil {
		return nil, err
	}
	defer func() { k6.Command.Process.Kill(); k6.Command.Wait() }()
	if err := k6.Begin(); err != nil {
		return nil, err
	}
	if o.profile != "" {
		go profile(o, k6.API)
	}
	r := &report{Milliseconds: map[string]float64{}, histograms: map[string]*hdrhistogram.Histogram{}}
	end, err := k6.Follow(func(second frames.Second) error { return r.add(o, second) })
	if err != nil {
		return nil, err
	}
	if end.Reason != frames.Finished {
		return nil, errors.New(end.Error)
	}
	r.Totals, r.LedgerRecords = end.Totals, end.LedgerRecords[sessionplan.ID]
	r.compute()
	return r, k6.Command.Wait()
}

func (o options) plan(addresses []string, dir string) (*plan.Plan, error) {
	reads := addresses[2]
	if o.readsOver == sessionplan.ReadsOverGRPC {
		reads = addresses[3]
	}
	p := &sessionplan.Plan{
		Plan: plan.Plan{
			RunID: "bench", Seed: 1, DurationS: float64(o.warmup + o.seconds), Players: plan.Curve{{0, o.players}}, Skew: 1,
			Generators: 1, Groups: o.groups,
		},
		Settings: sessionplan.Settings{
			ReadRatio: o.reads, Mix: operation.Mix{DigStarted: 30, TilesRevealed: 50, LootClaimed: 20}, KeepAliveS: o.keepAliveS,
			ReadProtocol: o.readsOver, TwoDeviceShare: o.twoDevices, AuditedShare: o.audited,
		},
		Design: "log", Rate: plan.Curve{{0, o.rate}},
		Gateways: []plan.Service{{Name: "gateway/1", Address: addresses[0]}, {Name: "gateway/2", Address: addresses[1]}},
		Reads:    []plan.Service{{Name: "proxy/1", Address: reads}},
		Ledger:   filepath.Join(dir, "ledger.bin"),
	}
	p.TimeoutMs.Dig, p.TimeoutMs.Read = 5000, 5000
	return p.Whole()
}

// add sums the measured seconds up.
func (r *report) add(o options, second frames.Second) error {
	if second.Second == o.warmup-1 {
		r.cpuFrom = second.Generator.CPUSeconds
	}
	if second.Second == o.warmup+o.seconds-1 && r.cpuEnd == 0 {
		r.cpuEnd = second.Generator.CPUSeconds
	}
	r.RSSMaxMB = max(r.RSSMaxMB, float64(second.Generator.RSSBytes)/1e6)
	for _, c := range second.Counts {
		if *c.Second >= o.warmup {
			r.Actions += c.Intended
			if c.Action == "sessions.dig" {
				r.Digs += c.Intended
			}
		}
	}
	for _, h := range second.Histograms {
		if h.Second < o.warmup {
			continue
		}
		decoded, err := hdrhistogram.Decode([]byte(h.HDR))
		if err != nil {
			return err
		}
		if sum := r.histograms[h.Series]; sum != nil {
			sum.Merge(decoded)
		} else {
			r.histograms[h.Series] = decoded
		}
	}
	return nil
}

func (r *report) compute() {
	r.CPUUsPerDig = (r.cpuEnd - r.cpuFrom) * 1e6 / float64(r.Digs)
	r.CPUUsPerAction = (r.cpuEnd - r.cpuFrom) * 1e6 / float64(r.Actions)
	for name, h := range r.histograms {
		for _, percentile := range []float64{50, 99, 99.9} {
			r.Milliseconds[fmt.Sprintf("%s.p%v", name, percentile)] = float64(h.ValueAtQuantile(percentile)) / 1000
		}
	}
	r.ScheduleLagP99 = r.Milliseconds["sessions.dig.scheduleLag.p99"]
}

func profile(o options, api string) {
	time.Sleep(time.Duration(o.warmup) * time.Second)
	response, err := http.Get(fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", api, max(1, o.seconds-1)))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer response.Body.Close()
	file, err := os.Create(o.profile)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer file.Close()
	io.Copy(file, response.Body)
}

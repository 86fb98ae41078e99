package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"hunt/native/k6/frames"
	"hunt/native/k6/plan"
)

type report struct {
	Actions       int64              `json:"actions"`
	Digs          int64              `json:"digs"`
	CPUUsPerDig   float64            `json:"cpuUsPerDig"`
	CPUUsPerAct   float64            `json:"cpuUsPerAction"`
	RSSMaxMB      float64            `json:"rssMaxMb"`
	Milliseconds  map[string]float64 `json:"milliseconds"`
	Totals        any                `json:"totals"`
	LedgerRecords uint64             `json:"ledgerRecords"`
	LedgerBytes   int64              `json:"ledgerBytes"`
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
	backend, addresses, err := startBackend(o)
	if err != nil {
		return nil, err
	}
	defer func() { backend.Process.Kill(); backend.Wait() }()
	p := o.plan(addresses, dir)
	listener, err := net.Listen("unix", filepath.Join(dir, "hunt.sock"))
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	k6, api, err := startK6(o, p, dir)
	if err != nil {
		return nil, err
	}
	defer func() { k6.Process.Kill(); k6.Wait() }()
	peer, err := frames.Accept(listener)
	if err != nil {
		return nil, err
	}
	r, err := follow(o, peer, api)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(p.Ledger); err == nil {
		r.LedgerBytes = info.Size()
	}
	return r, k6.Wait()
}

func (o options) plan(addresses []string, dir string) *plan.Plan {
	return &plan.Plan{
		Version: plan.Version, RunID: "bench", Lane: "sessions", Design: "log", Seed: 1,
		DurationS: float64(o.warmup + o.seconds), Players: plan.Curve{{0, o.players}}, Rate: plan.Curve{{0, o.rate}},
		ReadRatio: o.reads, Skew: 1, Mix: plan.Mix{DigStarted: 30, TilesRevealed: 50, LootClaimed: 20}, TimeoutMs: 5000,
		Generators: 1, Groups: o.groups,
		Gateways: []plan.Service{{Name: "gateway/1", Address: addresses[0]}, {Name: "gateway/2", Address: addresses[1]}},
		Reads:    []plan.Service{{Name: "proxy/1", Address: addresses[2]}},
		Ledger:   filepath.Join(dir, "ledger.bin"),
	}
}

func startK6(o options, p *plan.Plan, dir string) (*exec.Cmd, string, error) {
	content, err := json.Marshal(p)
	if err != nil {
		return nil, "", err
	}
	path := filepath.Join(dir, "plan.json")
	if err := os.WriteFile(path, content, 0o644); err != nil {
		return nil, "", err
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	api := free.Addr().String()
	free.Close()
	args := []string{"run", "--paused", "--quiet", "--no-color", "--log-format=json", "--summary-mode=disabled", "--no-thresholds",
		"--no-usage-report", "--address", api, "--out", "hunt=unix:" + filepath.Join(dir, "hunt.sock"), o.script}
	if o.profile != "" {
		args = append([]string{"--profiling-enabled"}, args...)
	}
	k6 := exec.Command(o.k6, args...)
	k6.Env = append(os.Environ(), "HUNT_PLAN="+path, "K6_AUTO_EXTENSION_RESOLUTION=false")
	k6.Stdout, k6.Stderr = os.Stderr, os.Stderr
	return k6, api, k6.Start()
}

// follow plays hunt's part of the protocol.
func follow(o options, peer *frames.Peer, api string) (*report, error) {
	r := &report{Milliseconds: map[string]float64{}}
	histograms := map[string]*hdrhistogram.Histogram{}
	var cpuBefore, cpuAfter float64
	for {
		var second frames.Second
		var end frames.End
		var other map[string]any
		kind := ""
		err := peer.Read(func(messageType string) any {
			kind = messageType
			switch messageType {
			case "second":
				return &second
			case "end":
				return &end
			}
			return &other
		})
		if err != nil {
			return nil, err
		}
		switch kind {
		case "hello":
			err = unpause(api)
		case "ready":
			err = peer.Send(frames.Command{Type: "start", AtUnixUs: time.Now().Add(100 * time.Millisecond).UnixMicro()})
			if o.profile != "" {
				go profile(o, api)
			}
		case "second":
			if second.Second == o.warmup-1 {
				cpuBefore = second.Generator.CPUSeconds
			}
			if second.Second == o.warmup+o.seconds-1 && cpuAfter == 0 {
				cpuAfter = second.Generator.CPUSeconds
			}
			r.RSSMaxMB = max(r.RSSMaxMB, float64(second.Generator.RSSBytes)/1e6)
			err = add(o, r, histograms, second)
		case "end":
			if end.Reason != frames.Finished {
				err = errors.New(end.Error)
			}
			r.Totals, r.LedgerRecords = end.Totals, end.LedgerRecords
			r.CPUUsPerDig = (cpuAfter - cpuBefore) * 1e6 / float64(r.Digs)
			r.CPUUsPerAct = (cpuAfter - cpuBefore) * 1e6 / float64(r.Actions)
			for name, h := range histograms {
				for _, percentile := range []float64{50, 99, 99.9} {
					r.Milliseconds[fmt.Sprintf("%s p%v", name, percentile)] = float64(h.ValueAtQuantile(percentile)) / 1000
				}
			}
			return r, err
		}
		if err != nil {
			return nil, err
		}
	}
}

// add sums the measured seconds up.
func add(o options, r *report, histograms map[string]*hdrhistogram.Histogram, second frames.Second) error {
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
		if sum := histograms[h.Series]; sum != nil {
			sum.Merge(decoded)
		} else {
			histograms[h.Series] = decoded
		}
	}
	return nil
}

// unpause asks k6 until its VUs are there.
func unpause(api string) error {
	body := `{"data":{"type":"status","id":"default","attributes":{"paused":false}}}`
	var last error
	for range 100 {
		request, err := http.NewRequest(http.MethodPatch, "http://"+api+"/v1/status", strings.NewReader(body))
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			text, _ := io.ReadAll(response.Body)
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = fmt.Errorf("%s: %s", response.Status, text)
		}
		last = err
		time.Sleep(50 * time.Millisecond)
	}
	return last
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

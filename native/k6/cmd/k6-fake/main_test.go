package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"hunt/native/k6/fakelane"
	"hunt/native/k6/frames"
	"hunt/native/k6/k6run"
	"hunt/native/k6/plan"
	"hunt/native/k6/sessions/fakebackend"
	"hunt/native/k6/sessions/operation"
	"hunt/native/k6/sessions/sessionplan"
)

func TestOneK6PlaysTheFakeLaneBesideSessions(t *testing.T) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "k6")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	gateway, err := fakebackend.StartGateway(2*time.Millisecond, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(gateway.Stop)
	service := fakelane.StartService(time.Millisecond, nil)
	t.Cleanup(service.Stop)
	own := &sessionplan.Plan{
		Plan:     plan.Plan{RunID: "test", Seed: 5, DurationS: 1, Players: plan.Curve{{0, 500}}, Generators: 1, Groups: 2},
		Settings: sessionplan.Settings{Mix: operation.Mix{DigStarted: 1}},
		Design:   "log", Rate: plan.Curve{{0, 300}}, Gateways: []plan.Service{{Name: "gateway/1", Address: gateway.Address}},
		Ledger: filepath.Join(dir, "sessions.bin"),
	}
	own.TimeoutMs.Dig, own.TimeoutMs.Read = 1000, 1000
	p, err := own.Whole()
	if err != nil {
		t.Fatal(err)
	}
	p.Lanes = append(p.Lanes, plan.Lane{
		ID: fakelane.ID, Design: "memory", Rate: plan.Curve{{0, 100}}, Ledger: filepath.Join(dir, "tally.bin"),
		Actions:  map[string]plan.Action{"mark": {TimeoutMs: 1000}, "look": {TimeoutMs: 1000}},
		Targets:  plan.Targets{"services": {{Name: "tally/1", Address: service.Address}}},
		Settings: json.RawMessage(`{"readRatio": 0.5}`),
	})
	var output bytes.Buffer
	r, err := k6run.Start(k6run.Options{Binary: binary, Script: "../../../../src/scenarios/k6/swarm.js", Dir: dir, Output: &output}, p)
	if err != nil {
		t.Fatalf("%v\n%s", err, output.String())
	}
	t.Cleanup(func() { r.Command.Process.Kill() })
	if err := r.Begin(); err != nil {
		t.Fatalf("%v\n%s", err, output.String())
	}
	end, err := r.Follow(func(frames.Second) error { return nil })
	if err != nil || end.Reason != frames.Finished || len(end.Totals) != 4 {
		t.Fatalf("end %+v, %v\n%s", end, err, output.String())
	}
	for _, total := range end.Totals {
		if total.OK != total.Intended || (total.OK == 0) != (total.Action == "sessions.read") {
			t.Errorf("%+v, want all ok", total)
		}
	}
	if err := r.Command.Wait(); err != nil || output.Len() > 0 {
		t.Errorf("k6: %v\n%s", err, output.String())
	}
}

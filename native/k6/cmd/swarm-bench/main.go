// Command swarm-bench measures what the swarm costs: it plays a plan with the real k6 binary
// against a fake gateway and proxy in a process of their own, and prints CPU per action, memory and
// schedule lag as JSON.
//
//	go run ./cmd/swarm-bench --rate 8000 --players 28000 --groups 4 --seconds 10
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"hunt/native/k6/sessions/fakebackend"
	"hunt/native/k6/sessions/sessionplan"
)

type options struct {
	k6, script           string
	rate, players, reads float64
	groups               int
	seconds, warmup      int
	serviceMs            int
	profile              string
	readsOver            string
	keepAliveS           float64
	twoDevices, audited  float64
	// against are two gateways and a proxy (HTTP, gRPC) that run already.
	against string
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "backend" {
		serve(os.Args[2])
		return
	}
	var o options
	flag.StringVar(&o.k6, "k6", "", "k6 binary with the swarm; built when empty")
	flag.StringVar(&o.script, "script", "../../src/scenarios/k6/swarm.js", "swarm.js")
	flag.Float64Var(&o.rate, "rate", 8000, "digs per second")
	flag.Float64Var(&o.players, "players", 28_000, "players")
	flag.Float64Var(&o.reads, "reads", 0.25, "reads per dig")
	flag.IntVar(&o.groups, "groups", 4, "groups")
	flag.IntVar(&o.seconds, "seconds", 10, "measured seconds")
	flag.IntVar(&o.warmup, "warmup", 3, "seconds before them")
	flag.IntVar(&o.serviceMs, "service-ms", 2, "delay of the fake backend's answers")
	flag.StringVar(&o.readsOver, "reads-over", sessionplan.ReadsOverHTTP, "http or grpc")
	flag.Float64Var(&o.keepAliveS, "keep-alive-s", 600, "keep-alive interval; 0: none")
	flag.Float64Var(&o.twoDevices, "two-devices", 1.0/32, "share of the players with two devices")
	flag.Float64Var(&o.audited, "audited", 1.0/64, "share of the players with their reads in the ledger")
	flag.StringVar(&o.profile, "profile", "", "write a CPU profile here")
	flag.StringVar(&o.against, "against", "", "\"GATEWAY1 GATEWAY2 PROXY PROXY-GRPC\": addresses to use instead of the fake backend")
	flag.Parse()
	report, err := run(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "swarm-bench:", err)
		os.Exit(1)
	}
	out, _ := json.MarshalIndent(report, "", "  ")
	fmt.Println(string(out))
}

// serve is the fake backend's process: two gateways and a proxy. It prints their addresses.
func serve(delay string) {
	wait, err := time.ParseDuration(delay)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	var addresses []string
	for range 2 {
		gateway, err := fakebackend.StartGateway(wait, nil)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		addresses = append(addresses, gateway.Address)
	}
	proxy, err := fakebackend.StartProxy(wait, 200, nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(strings.Join(append(addresses, proxy.Address, proxy.GRPCAddress), " "))
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	<-stop
}

// startBackend gives the addresses of two gateways and a proxy, and how to end them.
func startBackend(o options) (stop func(), addresses []string, err error) {
	if o.against != "" {
		return func() {}, strings.Fields(o.against), nil
	}
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	backend := exec.Command(self, "backend", fmt.Sprintf("%dms", o.serviceMs))
	backend.Stderr = os.Stderr
	endWithParent(backend)
	out, err := backend.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := backend.Start(); err != nil {
		return nil, nil, err
	}
	var found [4]string
	if _, err := fmt.Fscan(out, &found[0], &found[1], &found[2], &found[3]); err != nil {
		return nil, nil, fmt.Errorf("backend: %w", err)
	}
	return func() { backend.Process.Kill(); backend.Wait() }, found[:], nil
}

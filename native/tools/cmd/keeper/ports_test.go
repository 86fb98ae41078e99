package main

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
)

func TestFreePortsAreDistinctAndNoneThatTheKernelGivesAway(t *testing.T) {
	var p portReservations
	ports, err := p.reserve(50, 0)
	if err != nil {
		t.Fatal(err)
	}
	var first, last int
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(string(text), &first, &last); err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, port := range ports {
		if seen[port] || (port >= first && port <= last) {
			t.Errorf("port %d is doubled or within %d-%d", port, first, last)
		}
		seen[port] = true
	}
}

func TestPortsThatFetchRefusesAreNotGiven(t *testing.T) {
	var p portReservations
	for _, base := range []int{10079, 6665} {
		_, err := p.reserve(3, base)
		if err == nil || !strings.Contains(err.Error(), "fetch and browsers refuse") {
			t.Errorf("ports from %d: a refusal was expected, got %v", base, err)
		}
	}
	if _, err := p.reserve(1, 6669); err == nil {
		t.Error("port 6669 was given")
	}
	for _, port := range []int{6664, 6670, 10081} {
		if blockedByFetch(port) {
			t.Errorf("port %d is not among those that fetch refuses", port)
		}
	}
}

func TestAPortReservedByAnotherKeeperIsTaken(t *testing.T) {
	k := launch(t)
	port := k.must(t, map[string]any{"op": "ports", "count": 1}).Ports[0]
	var p portReservations
	_, err := p.reserve(1, port)
	want := fmt.Sprintf("port %d is reserved by another run by pid %d", port, k.cmd.Process.Pid)
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%q was expected, got %v", want, err)
	}
	k.closeInput(t)
	k.waitForEnd(t)
	if _, err := p.reserve(1, port); err != nil {
		t.Errorf("the reservation outlived its keeper: %v", err)
	}
}

func TestAPortWithAListenerIsTakenWhateverItsAddress(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "0.0.0.0:0", "[::]:0"} {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = listener.Close() }()
		var p portReservations
		port := listener.Addr().(*net.TCPAddr).Port
		_, err = p.reserve(1, port)
		want := fmt.Sprintf("port %d is taken by pid %d", port, os.Getpid())
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %q was expected, got %v", address, want, err)
		}
	}
}

func TestPortsBeyondTheLastAreRefused(t *testing.T) {
	var p portReservations
	if _, err := p.reserve(2, portHighest); err == nil || !strings.Contains(err.Error(), "65535-65536 are not within") {
		t.Errorf("port 65536: %v", err)
	}
}

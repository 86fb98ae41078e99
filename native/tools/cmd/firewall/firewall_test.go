package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/nftables"
)

// The test binary plays the program when it is told to.
func TestMain(m *testing.M) {
	if os.Getenv("PLAY_FIREWALL") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// startFirewall returns the running program and its URL; nil where the kernel lets nobody drop.
func startFirewall(t *testing.T, flags ...string) (*exec.Cmd, string) {
	t.Helper()
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	command := exec.Command(os.Args[0], append([]string{"--listen", address}, flags...)...)
	command.Env = append(os.Environ(), "PLAY_FIREWALL=1")
	var words strings.Builder
	command.Stderr = &words
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill() })
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); {
		select {
		case <-ended:
			if strings.Contains(words.String(), "it needs CAP_NET_ADMIN") {
				return nil, ""
			}
			t.Fatalf("it ended: %s", words.String())
		default:
		}
		if answer, err := http.Get("http://" + address + "/drops"); err == nil {
			_ = answer.Body.Close()
			return command, "http://" + address + "/drops"
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it answers nothing")
	return nil, ""
}

func tablesOf(t *testing.T, pid int) int {
	t.Helper()
	conn, err := nftables.New()
	if err != nil {
		t.Fatal(err)
	}
	tables, err := conn.ListTables()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, table := range tables {
		if table.Name == fmt.Sprintf("hunt-%d", pid) {
			count++
		}
	}
	return count
}

func canConnect(address string) bool {
	conn, err := net.DialTimeout("tcp4", address, 300*time.Millisecond)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

func TestItDropsOnlyItsPortAndItsRulesEndWithAKilledProcess(t *testing.T) {
	server, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	other, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	port := server.Addr().(*net.TCPAddr).Port
	command, url := startFirewall(t, "--port", fmt.Sprint(port), "--share", "1")
	if command == nil {
		if os.Geteuid() == 0 {
			t.Log("root without CAP_NET_ADMIN: the program says so, and nothing is dropped")
		}
		if !canConnect(server.Addr().String()) {
			t.Fatal("without rules nothing is dropped")
		}
		return
	}
	if canConnect(server.Addr().String()) {
		t.Fatal("every segment is dropped, yet it connects")
	}
	if !canConnect(other.Addr().String()) {
		t.Fatal("another port is not touched")
	}
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	var told drops
	err = json.NewDecoder(answer.Body).Decode(&told)
	_ = answer.Body.Close()
	if err != nil || told.To == 0 {
		t.Fatalf("the dropped segments are counted, got %+v, %v", told, err)
	}
	if count := tablesOf(t, command.Process.Pid); count != 1 {
		t.Fatalf("one table of its own, got %d", count)
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(3 * time.Second); tablesOf(t, command.Process.Pid) != 0; {
		if time.Now().After(deadline) {
			t.Fatal("the table outlives its process")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if !canConnect(server.Addr().String()) {
		t.Fatal("the rules outlive their process")
	}
}

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hunt/native/tools/monotonic"
)

func TestABackendThatStaysOutlivesItsHuntAndServesTheNext(t *testing.T) {
	k, socket := launchStaying(t)
	pid := k.start(t, "node", "trap 'exit 3' TERM; echo up; while :; do sleep 0.05; done")
	k.waitForLog(t, "node", "up")
	k.stopListening()
	k.closeInput(t)

	first := visit(t, socket)
	nodes := first.must(t, map[string]any{"op": "nodes"}).Nodes
	if len(nodes) != 1 || nodes[0].Pid != pid || nodes[0].State != "running" || nodes[0].Log != k.logPath("node") {
		t.Fatalf("the running node was expected, got %+v", nodes)
	}
	first.close()
	second := visit(t, socket)
	second.must(t, map[string]any{"op": "stop", "node": "node", "timeoutMs": 5_000})
	if e := second.waitForEvent(t, "exited"); e["node"] != "node" || e["code"] != float64(3) {
		t.Errorf("the node's own end was expected, got %v", e)
	}
	second.must(t, map[string]any{"op": "shutdown", "timeoutMs": 1_000})
	k.waitForEnd(t)
	if _, err := os.Stat(socket); !os.IsNotExist(err) {
		t.Errorf("the socket is still there: %v", err)
	}
}

func TestABackendThatListensServesOthersBesideItsHuntAndEndsWithIt(t *testing.T) {
	k := launch(t)
	socket := filepath.Join(t.TempDir(), "socket")
	k.must(t, map[string]any{"op": "listen", "path": socket})
	pid := k.start(t, "node", "sleep 1000")
	visitor := visit(t, socket)
	visitor.must(t, map[string]any{"op": "signal", "node": "node", "signal": "SIGKILL"})
	if e := k.waitForExit(t, "node"); e.Pid != pid || !e.Asked {
		t.Errorf("the owner was to hear that its node ended, got %+v", e)
	}
	again := visitor.must(t, map[string]any{"op": "start", "node": "node"}).Pid
	k.closeInput(t)
	k.waitForEnd(t)
	waitUntilGone(t, again)
}

func TestABackendThatListensCanStayLater(t *testing.T) {
	k := launch(t)
	socket := filepath.Join(t.TempDir(), "socket")
	k.must(t, map[string]any{"op": "listen", "path": socket})
	k.must(t, map[string]any{"op": "stay", "path": socket})
	k.closeInput(t)
	visitor := visit(t, socket)
	visitor.must(t, map[string]any{"op": "nodes"})
	visitor.must(t, map[string]any{"op": "shutdown", "timeoutMs": 100})
	k.waitForEnd(t)
}

func TestTheSocketIsForItsOwnerOnly(t *testing.T) {
	k, socket := launchStaying(t)
	info, err := os.Stat(socket)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode 0600 was expected, got %v, %v", info.Mode().Perm(), err)
	}
	if r := k.request(t, map[string]any{"op": "stay", "path": socket + "2"}); r.Error == nil {
		t.Error("a second socket was opened")
	}
}

func TestABackendWhoseSocketCannotBeMadeDoesNotStay(t *testing.T) {
	k := launch(t)
	pid := k.start(t, "node", "sleep 1000")
	path := filepath.Join(t.TempDir(), "nowhere", "socket")
	if r := k.request(t, map[string]any{"op": "stay", "path": path}); r.Error == nil || r.Error.Code != "socket-failed" {
		t.Fatalf("socket-failed was expected, got %+v", r.Error)
	}
	k.closeInput(t)
	k.waitForEnd(t)
	waitUntilGone(t, pid)
}

func TestAnAdoptedFolderGoesWithTheKeeper(t *testing.T) {
	k, socket := launchStaying(t)
	folder := filepath.Join(t.TempDir(), "kept")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	k.must(t, map[string]any{"op": "folder", "path": folder, "adopt": true})
	k.closeInput(t)
	visit(t, socket).must(t, map[string]any{"op": "nodes"})
	_ = k.cmd.Process.Signal(syscall.SIGTERM)
	k.waitForEnd(t)
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestANodeIsStartedAgainAsItWas(t *testing.T) {
	k, _ := launchStaying(t)
	first := k.start(t, "node", "echo up $MARK; exec sleep 1000")
	k.waitForLog(t, "node", "up")
	if r := k.request(t, map[string]any{"op": "start", "node": "node"}); r.Error == nil || r.Error.Code != "already-running" {
		t.Fatalf("already-running was expected, got %+v", r.Error)
	}
	k.must(t, map[string]any{"op": "signal", "node": "node", "signal": "SIGKILL"})
	k.waitForExit(t, "node")
	facts := k.must(t, map[string]any{"op": "nodes"}).Nodes[0]
	if facts.State != "exited" || facts.Exit == nil || facts.Exit.Signal != "SIGKILL" {
		t.Errorf("an end by SIGKILL was expected, got %+v", facts)
	}
	beforeMs := monotonic.NowUs() / 1000
	second := k.must(t, map[string]any{"op": "start", "node": "node"}).Pid
	if second == first || state(second) == "" {
		t.Errorf("a new process was expected, got pid %d after %d", second, first)
	}
	waitFor(t, "the second start in the log", func() bool { return strings.Count(k.log(t, "node"), "up") == 2 })
	if !strings.Contains(k.log(t, "node"), "with SIGKILL; start 2 follows") {
		t.Errorf("the log does not say that it was started again: %q", k.log(t, "node"))
	}
	if facts = k.must(t, map[string]any{"op": "nodes"}).Nodes[0]; facts.Starts != 2 || facts.Exit != nil {
		t.Errorf("a second start was expected, got %+v", facts)
	}
	if at := facts.StartedAtMonotonicMs; at < beforeMs || at > monotonic.NowUs()/1000 {
		t.Errorf("a start between %d and now was expected by the clock that nobody can set, got %d", beforeMs, at)
	}
	if r := k.request(t, map[string]any{"op": "start", "node": "stranger"}); r.Error == nil {
		t.Error("a node that nobody knows was started")
	}
}

func TestANodeIsNotStartedOnAPortThatIsTaken(t *testing.T) {
	k := launch(t)
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	port := listener.Addr().(*net.TCPAddr).Port
	r := k.request(t, map[string]any{
		"op": "start", "node": "node", "program": "/bin/sh", "log": k.logPath("node"), "dir": k.dir, "tcpPorts": []int{port},
	})
	if r.Error == nil || r.Error.Code != "port-taken" || !strings.Contains(r.Error.Message, fmt.Sprint(port)) {
		t.Errorf("port-taken was expected, got %+v", r)
	}
}

func TestAPausedNodeIsSeenWhoeverPausedIt(t *testing.T) {
	k := launch(t)
	pid := k.start(t, "node", "exec sleep 1000")
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the node to be paused", func() bool {
		return k.must(t, map[string]any{"op": "nodes"}).Nodes[0].State == "paused"
	})
}

func TestManyClientsAtOnceEachGetTheirOwnReplies(t *testing.T) {
	k, socket := launchStaying(t)
	k.start(t, "node", "sleep 1000")
	var all sync.WaitGroup
	for range 8 {
		v := visit(t, socket)
		all.Go(func() {
			for range 50 {
				v.must(t, map[string]any{"op": "nodes"})
			}
		})
	}
	all.Wait()
}

func TestAClientThatDoesNotReadIsDroppedAndTheOthersGoOn(t *testing.T) {
	k, socket := launchStaying(t)
	k.start(t, "node", "sleep 1000")
	deaf, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = deaf.Close() }()
	dropped := make(chan struct{})
	go func() {
		defer close(dropped)
		for {
			if _, err := deaf.Write([]byte("{\"id\":1,\"op\":\"nodes\"}\n")); err != nil {
				return
			}
		}
	}()
	select {
	case <-dropped:
	case <-time.After(bound):
		t.Fatal("a client that never reads was not dropped")
	}
	k.must(t, map[string]any{"op": "nodes"})
	visit(t, socket).must(t, map[string]any{"op": "nodes"})
}

// launchStaying has sent `stay`.
func launchStaying(t *testing.T) (*launched, string) {
	t.Helper()
	k := launch(t)
	socket := filepath.Join(t.TempDir(), "s")
	k.must(t, map[string]any{"op": "stay", "path": socket})
	return k, socket
}

// visitor is a client that came by the socket.
type visitor struct {
	conn   net.Conn
	lines  *bufio.Scanner
	events []map[string]any
	lastID int
}

func visit(t *testing.T, socket string) *visitor {
	t.Helper()
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(bound))
	t.Cleanup(func() { _ = conn.Close() })
	return &visitor{conn: conn, lines: bufio.NewScanner(conn)}
}

// must reports its errors without ending the test, since it runs beside others.
func (v *visitor) must(t *testing.T, c map[string]any) reply {
	t.Helper()
	v.lastID++
	c["id"] = v.lastID
	text, _ := json.Marshal(c)
	if _, err := v.conn.Write(append(text, '\n')); err != nil {
		t.Errorf("%v: %v", c["op"], err)
		return reply{}
	}
	for v.lines.Scan() {
		var r reply
		_ = json.Unmarshal(v.lines.Bytes(), &r)
		if r.Event != "reply" {
			v.keep()
			continue
		}
		if r.ID != v.lastID || r.Error != nil {
			t.Errorf("%v: reply %d was expected, got %+v", c["op"], v.lastID, r)
		}
		return r
	}
	t.Errorf("%v: no reply: %v", c["op"], v.lines.Err())
	return reply{}
}

func (v *visitor) keep() {
	event := map[string]any{}
	_ = json.Unmarshal(v.lines.Bytes(), &event)
	v.events = append(v.events, event)
}

func (v *visitor) waitForEvent(t *testing.T, kind string) map[string]any {
	t.Helper()
	for {
		for _, event := range v.events {
			if event["event"] == kind {
				return event
			}
		}
		if !v.lines.Scan() {
			t.Fatalf("no event %q: %v", kind, v.lines.Err())
		}
		v.keep()
	}
}

func (v *visitor) close() { _ = v.conn.Close() }

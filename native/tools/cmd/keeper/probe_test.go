package main

import (
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// An answerer says ok to whoever asks, as long as it may: what a node's port would do.
type answerer struct {
	address string
	healthy atomic.Bool
}

func startAnswerer(t *testing.T) *answerer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	a := &answerer{address: listener.Addr().String()}
	a.healthy.Store(true)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				request := make([]byte, 1024)
				count, _ := conn.Read(request)
				switch text := string(request[:count]); {
				case !a.healthy.Load():
					_, _ = fmt.Fprint(conn, "HTTP/1.0 503 Unwell\r\n\r\n")
				case strings.HasPrefix(text, "GET"):
					_, _ = fmt.Fprint(conn, "HTTP/1.0 200 OK\r\n\r\n")
				default:
					_, _ = fmt.Fprint(conn, "+PONG\r\n")
				}
			}()
		}
	}()
	return a
}

func (k *launched) startProbed(t *testing.T, probes map[string]any) int {
	t.Helper()
	start := map[string]any{
		"op": "start", "node": "node", "program": "/bin/sh", "args": []string{"-c", "echo up; sleep 1000"}, "stopTimeoutMs": 500,
		"env": map[string]string{"PATH": os.Getenv("PATH")}, "dir": k.dir, "log": k.logPath("node"),
	}
	for kind, p := range probes {
		start[kind] = p
	}
	return k.must(t, start).Pid
}

func (k *launched) waitForProbe(t *testing.T) probed {
	t.Helper()
	select {
	case p := <-k.probes:
		return p
	case <-time.After(bound):
		t.Fatal("no news of a probe")
		return probed{}
	}
}

func TestANodeThatDoesNotLiveIsStartedAgainAndToldEachTime(t *testing.T) {
	for name, of := range map[string]func(*answerer) map[string]any{
		"http": func(a *answerer) map[string]any { return map[string]any{"http": "http://" + a.address + "/healthz"} },
		"tcp": func(a *answerer) map[string]any {
			return map[string]any{"tcp": a.address, "send": "PING\r\n", "expect": "+PONG"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			k, a := launch(t), startAnswerer(t)
			p := of(a)
			p["everyMs"], p["timeoutMs"], p["failures"] = 20, 1_000, 3
			first := k.startProbed(t, map[string]any{"liveness": p})
			a.healthy.Store(false)
			news := k.waitForProbe(t)
			if news.Probe != liveness || news.State != "failed" || news.Pid != first || !strings.Contains(news.Detail, "3 times in a row") {
				t.Errorf("a failed liveness probe was expected, got %+v", news)
			}
			if e := k.waitForExit(t, "node"); !e.Asked || e.Pid != first {
				t.Errorf("the end that was asked for was expected, got %+v", e)
			}
			a.healthy.Store(true)
			var second int
			waitFor(t, "the next start", func() bool {
				nodes := k.must(t, map[string]any{"op": "nodes"}).Nodes
				second = nodes[0].Pid
				return nodes[0].Starts > 1 && nodes[0].State == "running"
			})
			if second == first {
				t.Errorf("another process was expected than %d", first)
			}
		})
	}
}

func TestAPausedNodeDoesNotLive(t *testing.T) {
	k := launch(t)
	// The kernel takes the connection; nobody answers.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	pid := k.startProbed(t, map[string]any{"liveness": map[string]any{
		"tcp": listener.Addr().String(), "send": "PING\r\n", "expect": "+PONG", "everyMs": 20, "timeoutMs": 50, "failures": 2,
	}})
	if news := k.waitForProbe(t); news.Pid != pid || !strings.Contains(news.Detail, "no answer within 50 ms") {
		t.Errorf("silence was expected, got %+v", news)
	}
}

func TestANodeThatCannotServeIsToldAndNotStartedAgain(t *testing.T) {
	k, a := launch(t), startAnswerer(t)
	p := map[string]any{"http": "http://" + a.address, "everyMs": 20, "timeoutMs": 1_000, "failures": 2}
	pid := k.startProbed(t, map[string]any{"readiness": p})
	for _, want := range []string{"passed", "failed", "passed"} {
		if news := k.waitForProbe(t); news.Probe != readiness || news.State != want {
			t.Errorf("readiness %s was expected, got %+v", want, news)
		}
		a.healthy.Store(want != "passed")
	}
	if nodes := k.must(t, map[string]any{"op": "nodes"}).Nodes; nodes[0].Pid != pid || nodes[0].State != "running" {
		t.Errorf("the same process was expected, got %+v", nodes)
	}
}

func TestFailuresDoNotCountBeforeTheFirstAnswerOrTheGrace(t *testing.T) {
	k, a := launch(t), startAnswerer(t)
	a.healthy.Store(false)
	p := map[string]any{"http": "http://" + a.address, "everyMs": 10, "timeoutMs": 1_000, "failures": 1, "graceMs": 300}
	k.startProbed(t, map[string]any{"liveness": p})
	facts := k.must(t, map[string]any{"op": "nodes"}).Nodes[0]
	if news := k.waitForProbe(t); news.AtMonotonicMs-facts.StartedAtMonotonicMs < 300 {
		t.Errorf("no failure was to count in the first 300 ms, got %+v after %d ms", news, news.AtMonotonicMs-facts.StartedAtMonotonicMs)
	}
}

func TestAStopIsNotUndoneByAProbe(t *testing.T) {
	k, a := launch(t), startAnswerer(t)
	a.healthy.Store(false)
	p := map[string]any{"http": "http://" + a.address, "everyMs": 10, "timeoutMs": 1_000, "failures": 3}
	k.startProbed(t, map[string]any{"liveness": p})
	k.must(t, map[string]any{"op": "signal", "node": "node", "signal": "SIGKILL"})
	k.waitForExit(t, "node")
	if nodes := k.must(t, map[string]any{"op": "nodes"}).Nodes; nodes[0].State != "exited" || nodes[0].Starts != 1 {
		t.Errorf("a node that was killed stays dead until it is healed, got %+v", nodes)
	}
}

func TestAProbeThatAsksNothingIsRefused(t *testing.T) {
	k := launch(t)
	for _, p := range []map[string]any{
		{},
		{"http": "http://127.0.0.1", "everyMs": 10, "timeoutMs": 10},
		{"tcp": "127.0.0.1:1", "everyMs": 10, "timeoutMs": 10, "failures": 1},
	} {
		r := k.request(t, map[string]any{"op": "start", "node": "node", "program": "/bin/sh", "log": k.logPath("node"), "liveness": p})
		if r.Error == nil {
			t.Errorf("%v was accepted", p)
		}
	}
}

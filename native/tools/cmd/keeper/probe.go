package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"hunt/native/tools/monotonic"
)

// healthProbe is how a node is asked, again and again, whether it lives or can serve: what an orchestrator of
// containers does. After so many answers in a row that are none a node that does not live is started
// again, and one that can't serve is told.
type healthProbe struct {
	HTTP   string `json:"http"`   // a URL: it has to answer 2xx
	TCP    string `json:"tcp"`    // or host:port: it has to answer Send with Expect
	Send   string `json:"send"`   // a connection alone says nothing: the kernel takes it for a process that is paused
	Expect string `json:"expect"` // how the answer begins

	EveryMs   int `json:"everyMs"`
	TimeoutMs int `json:"timeoutMs"`
	Failures  int `json:"failures"` // in a row
	GraceMs   int `json:"graceMs"`  // from the start: failures do not count until then, or until the first answer
}

const (
	liveness         = "liveness"
	readiness        = "readiness"
	probeAnswerBytes = 4 << 10
)

// probed is news of a probe; what stays as it was is none.
type probed struct {
	Event    string `json:"event"` // "probed"
	Node     string `json:"node"`
	Pid      int    `json:"pid"`
	Probe    string `json:"probe"` // liveness, readiness
	State    string `json:"state"` // passed, failed, or restart-failed: it could not be started again
	Detail   string `json:"detail"`
	AtUnixMs int64  `json:"atUnixMs"`
	// By the clock that nobody can set.
	AtMonotonicMs int64 `json:"atMonotonicMs"`
}

func (p *healthProbe) check() error {
	one := (p.HTTP == "") != (p.TCP == "")
	if !one || p.TCP != "" && p.Expect == "" {
		return errors.New("a probe needs http, or tcp with what it expects")
	}
	if p.EveryMs < 1 || p.TimeoutMs < 1 || p.Failures < 1 || p.GraceMs < 0 {
		return fmt.Errorf("a probe needs everyMs, timeoutMs and failures of 1 or more, got %d, %d and %d", p.EveryMs, p.TimeoutMs, p.Failures)
	}
	return nil
}

// watch asks until the node has ended. It sends what changes.
func (p *healthProbe) watch(kind string, c *child, news chan<- probed) {
	ticker := time.NewTicker(milliseconds(p.EveryMs))
	defer ticker.Stop()
	inGrace := time.Now().Add(milliseconds(p.GraceMs))
	// A node is ready when it says so, and lives until it fails to.
	passes, answered, failures := kind == liveness, false, 0
	for {
		select {
		case <-c.ended:
			return
		case <-ticker.C:
		}
		err := p.ask()
		answered = answered || err == nil
		switch {
		case err == nil && passes:
			failures = 0
		case err == nil:
			passes, failures = true, 0
			c.tell(news, kind, "passed", "it answers")
		case !answered && time.Now().Before(inGrace):
		default:
			failures++
			if failures == p.Failures {
				passes = false
				c.tell(news, kind, "failed", fmt.Sprintf("%v, %d times in a row", err, failures))
			}
		}
	}
}

func (c *child) tell(news chan<- probed, kind, state, detail string) {
	told := probed{
		Event: "probed", Node: c.node, Pid: c.pid, Probe: kind, State: state, Detail: detail,
		AtUnixMs: time.Now().UnixMilli(), AtMonotonicMs: monotonic.NowUs() / 1000,
	}
	select {
	case news <- told:
	case <-c.ended:
	}
}

func (p *healthProbe) ask() error {
	bound, cancel := context.WithTimeout(context.Background(), milliseconds(p.TimeoutMs))
	defer cancel()
	err := p.askTCP(bound)
	if p.HTTP != "" {
		err = p.askHTTP(bound)
	}
	if bound.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("no answer within %d ms", p.TimeoutMs)
	}
	return err
}

// Every question is asked over a connection of its own: what it asks is whether the node takes new ones.
var probeClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, Proxy: nil}}

func (p *healthProbe) askHTTP(bound context.Context) error {
	request, err := http.NewRequestWithContext(bound, http.MethodGet, p.HTTP, nil)
	if err != nil {
		return err
	}
	response, err := probeClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("it answered %s", response.Status)
	}
	return nil
}

func (p *healthProbe) askTCP(bound context.Context) error {
	if p.TCP == "" {
		return nil
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(bound, "tcp", p.TCP)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	deadline, _ := bound.Deadline()
	_ = conn.SetDeadline(deadline)
	if _, err := io.WriteString(conn, p.Send); err != nil {
		return err
	}
	answer := make([]byte, 0, probeAnswerBytes)
	for len(answer) < len(p.Expect) && len(answer) < probeAnswerBytes {
		count, err := conn.Read(answer[len(answer):cap(answer)])
		answer = answer[:len(answer)+count]
		if err != nil && len(answer) < len(p.Expect) {
			return fmt.Errorf("it answered %q: %w", answer, err)
		}
	}
	if !bytes.HasPrefix(answer, []byte(p.Expect)) {
		return fmt.Errorf("%q was expected, it answered %q", p.Expect, answer)
	}
	return nil
}

// probes starts what was asked for; it ends with the node.
func (k *keeper) probes(c command, begun *child) {
	if c.Liveness != nil {
		go c.Liveness.watch(liveness, begun, k.probed)
	}
	if c.Readiness != nil {
		go c.Readiness.watch(readiness, begun, k.probed)
	}
}

// heed tells everybody, and stops a node that does not live any more; restartDue starts it again.
func (k *keeper) heed(news probed) {
	k.broadcast(news)
	c := k.find(news.Node)
	if c == nil || c.pid != news.Pid || news.Probe != liveness || news.State != "failed" || c.stopping() {
		return
	}
	c.startAgain = true
	c.stop(milliseconds(k.roster.find(c.node).command.StopTimeoutMs))
}

// startAgain starts a node that a liveness probe has ended, as it was.
func (k *keeper) startAgain(c *child) {
	if _, err := k.start(command{Op: "start", Node: c.node}); err != nil {
		k.broadcast(probed{
			Event: "probed", Node: c.node, Pid: c.pid, Probe: liveness, State: "restart-failed", Detail: err.Error(),
			AtUnixMs: time.Now().UnixMilli(), AtMonotonicMs: monotonic.NowUs() / 1000,
		})
	}
}

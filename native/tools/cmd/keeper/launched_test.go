package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// launched is a keeper process under test.
type launched struct {
	cmd     *exec.Cmd
	input   io.WriteCloser
	output  io.ReadCloser
	replies chan reply
	exits   map[string]chan exited
	probes  chan probed
	dir     string
	data    string // in which nodes work
	lastID  int
	ended   chan error
}

func launch(t *testing.T) *launched {
	t.Helper()
	return launchWith(t, func(*exec.Cmd) {})
}

func launchWith(t *testing.T, change func(*exec.Cmd)) *launched {
	t.Helper()
	k := &launched{
		cmd:     exec.Command(os.Args[0]),
		replies: make(chan reply, 16),
		exits:   map[string]chan exited{},
		probes:  make(chan probed, 16),
		dir:     t.TempDir(),
		ended:   make(chan error, 1),
	}
	k.data = k.dir
	change(k.cmd)
	k.cmd.Env = append(os.Environ(), runAsKeeper+"=1")
	k.cmd.Stderr = os.Stderr
	var err error
	if k.input, err = k.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	// Not StdoutPipe, which Wait would close before the last events are read.
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	k.output, k.cmd.Stdout = reader, writer
	if err := k.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
	for _, node := range []string{"node", "polite", "stubborn", "first", "second"} {
		k.exits[node] = make(chan exited, 1)
	}
	go k.listen()
	gone := make(chan struct{})
	go func() {
		k.ended <- k.cmd.Wait()
		close(gone)
	}()
	t.Cleanup(func() { k.end(gone) })
	return k
}

// end lets the keeper end its nodes with all that descends from them; a kill would end their first processes alone.
func (k *launched) end(gone <-chan struct{}) {
	_ = k.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-gone:
	case <-time.After(bound):
		_ = k.cmd.Process.Kill()
	}
}

func (k *launched) listen() {
	lines := bufio.NewScanner(k.output)
	for lines.Scan() {
		var kind struct{ Event string }
		_ = json.Unmarshal(lines.Bytes(), &kind)
		switch kind.Event {
		case "reply":
			k.replies <- read[reply](lines.Bytes())
		case "probed":
			k.probes <- read[probed](lines.Bytes())
		case "exited":
			e := read[exited](lines.Bytes())
			if ends, known := k.exits[e.Node]; known {
				ends <- e
			}
		}
	}
}

func read[Event any](line []byte) (event Event) {
	_ = json.Unmarshal(line, &event)
	return event
}

func (k *launched) write(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(k.input, text); err != nil {
		t.Fatal(err)
	}
}

func (k *launched) request(t *testing.T, c map[string]any) reply {
	t.Helper()
	k.lastID++
	c["id"] = k.lastID
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	k.write(t, string(text)+"\n")
	return k.waitForReply(t, k.lastID)
}

func (k *launched) must(t *testing.T, c map[string]any) reply {
	t.Helper()
	r := k.request(t, c)
	if r.Error != nil {
		t.Fatalf("%v: %v", c["op"], r.Error)
	}
	return r
}

func (k *launched) waitForReply(t *testing.T, id int) reply {
	t.Helper()
	select {
	case r := <-k.replies:
		if r.ID != id {
			t.Fatalf("reply %d was expected, got %+v", id, r)
		}
		return r
	case <-time.After(bound):
		t.Fatalf("no reply %d", id)
		return reply{}
	}
}

// start runs a line of shell.
func (k *launched) start(t *testing.T, node, script string) int {
	t.Helper()
	return k.must(t, map[string]any{
		"op": "start", "node": node, "program": "/bin/sh", "args": []string{"-c", script},
		"env": map[string]string{"PATH": os.Getenv("PATH")}, "dir": k.dir, "log": k.logPath(node),
	}).Pid
}

func (k *launched) logPath(node string) string {
	return filepath.Join(k.dir, strings.ReplaceAll(node, "/", "-")+".log")
}

func (k *launched) log(t *testing.T, node string) string {
	t.Helper()
	text, err := os.ReadFile(k.logPath(node))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (k *launched) waitForLog(t *testing.T, node, text string) {
	t.Helper()
	waitFor(t, node+" to print "+text, func() bool { return strings.Contains(k.log(t, node), text) })
}

func (k *launched) waitForExit(t *testing.T, node string) exited {
	t.Helper()
	select {
	case e := <-k.exits[node]:
		return e
	case <-time.After(bound):
		t.Fatalf("no end of %s", node)
		return exited{}
	}
}

func (k *launched) closeInput(*testing.T) { _ = k.input.Close() }

func (k *launched) stopListening() { _ = k.output.Close() }

func (k *launched) waitForEnd(t *testing.T) {
	t.Helper()
	select {
	case err := <-k.ended:
		if err != nil {
			t.Fatalf("the keeper ended with %v", err)
		}
	case <-time.After(bound):
		t.Fatal("the keeper did not end")
	}
}

func waitUntilGone(t *testing.T, pids ...int) {
	t.Helper()
	for _, pid := range pids {
		waitFor(t, "the end of pid "+strconv.Itoa(pid), func() bool { return state(pid) == "" })
	}
}

func waitFor(t *testing.T, what string, reached func() bool) {
	t.Helper()
	for deadline := time.Now().Add(bound); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if reached() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}

// state is empty for a process that is gone or a zombie.
func state(pid int) string {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	s := string(text[strings.LastIndexByte(string(text), ')')+2:][:1])
	if s == "Z" || s == "X" {
		return ""
	}
	return s
}

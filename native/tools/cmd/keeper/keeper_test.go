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

// The test binary is the keeper when this is set, so that the tests drive a real process.
const runAsKeeper = "KEEPER_UNDER_TEST"

func TestMain(m *testing.M) {
	if os.Args[0] == nodeStarterName {
		becomeNode(os.Args)
	}
	if os.Getenv(runAsKeeper) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

const bound = 10 * time.Second

func TestExitsWhenHuntDiesBeforeTheFirstCommand(t *testing.T) {
	k := launch(t)
	k.closeInput(t)
	k.waitForEnd(t)
}

func TestEndsNodesAndRemovesFoldersWhenHuntDies(t *testing.T) {
	k := launch(t)
	folder := filepath.Join(t.TempDir(), "hunt-1")
	k.must(t, map[string]any{"op": "folder", "path": folder})
	polite := k.start(t, "polite", "trap 'exit 3' TERM; echo up; while :; do sleep 0.05; done")
	stubborn := k.start(t, "stubborn", "trap '' TERM; echo up; while :; do sleep 0.05; done")
	k.waitForLog(t, "polite", "up")
	k.waitForLog(t, "stubborn", "up")
	k.closeInput(t)
	k.waitForEnd(t)
	waitUntilGone(t, polite, stubborn)
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
	if e := k.waitForExit(t, "polite"); e.Code == nil || *e.Code != 3 || e.Forced {
		t.Errorf("polite: code 3 by itself was expected, got %+v", e)
	}
	if e := k.waitForExit(t, "stubborn"); e.Signal != "SIGKILL" || !e.Forced {
		t.Errorf("stubborn: SIGKILL was expected, got %+v", e)
	}
}

func TestSurvivesAHuntThatDoesNotListenUntilItsNodesAreGone(t *testing.T) {
	k := launch(t)
	first := k.start(t, "first", "sleep 1000")
	second := k.start(t, "second", "sleep 1000")
	k.stopListening()
	// Its end is an event that can't be written.
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitUntilGone(t, first)
	if state(second) == "" {
		t.Fatal("the second node ended with the first")
	}
	k.closeInput(t)
	k.waitForEnd(t)
	waitUntilGone(t, second)
}

func TestNodesDieWithAKilledKeeper(t *testing.T) {
	k := launch(t)
	var pids []int
	for i := range 5 {
		pids = append(pids, k.start(t, "node/"+strconv.Itoa(i), "sleep 1000"))
	}
	_ = k.cmd.Process.Kill()
	waitUntilGone(t, pids...)
}

func TestIgnoresInterruptAndEndsAllOnTerminate(t *testing.T) {
	k := launch(t)
	pid := k.start(t, "node", "sleep 1000")
	_ = k.cmd.Process.Signal(syscall.SIGINT)
	k.must(t, map[string]any{"op": "ports", "count": 1})
	if state(pid) == "" {
		t.Fatal("the node ended on an interrupt of the keeper")
	}
	_ = k.cmd.Process.Signal(syscall.SIGTERM)
	k.waitForEnd(t)
	waitUntilGone(t, pid)
}

func TestNodesHearInterruptsAndMayOpenManyFiles(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	low := syscall.Rlimit{Cur: 256, Max: limit.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	k := launch(t)
	_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	k.start(t, "node", "ulimit -Sn; ulimit -Hn; grep -E 'SigIgn|SigBlk' /proc/self/status")
	k.waitForExit(t, "node")
	text := k.log(t, "node")
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] != lines[1] {
		t.Errorf("soft and hard limit differ: %q", text)
	}
	const interrupt = 1 << (int(syscall.SIGINT) - 1)
	for _, line := range lines[2:4] {
		mask, err := strconv.ParseUint(strings.Fields(line)[1], 16, 64)
		if err != nil || mask&interrupt != 0 {
			t.Errorf("SIGINT does not reach the node: %q", line)
		}
	}
}

func TestEndOfANodeEndsItsGroup(t *testing.T) {
	k := launch(t)
	k.start(t, "node", "sleep 1000 & echo $!")
	k.waitForExit(t, "node")
	straggler, err := strconv.Atoi(strings.TrimSpace(k.log(t, "node")))
	if err != nil {
		t.Fatal(err)
	}
	waitUntilGone(t, straggler)
}

func TestReportsCPUAndMemoryOfANode(t *testing.T) {
	k := launch(t)
	k.start(t, "node", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done")
	e := k.waitForExit(t, "node")
	if e.CPUSeconds < 0.01 || e.CPUSeconds > 10 || e.RSSMaxBytes < 1<<20 || e.RSSMaxBytes > 1<<30 {
		t.Errorf("implausible figures: %+v", e)
	}
	if e.Code == nil || *e.Code != 0 || e.Signal != "" {
		t.Errorf("code 0 was expected, got %+v", e)
	}
}

func TestAnswersBadCommandsAndGoesOn(t *testing.T) {
	k := launch(t)
	k.write(t, "this is no JSON\n")
	if r := k.waitForReply(t, 0); r.Error == nil {
		t.Error("a malformed line was accepted")
	}
	for _, c := range []map[string]any{
		{"op": "dance"},
		{"op": "signal", "node": "nobody", "signal": "SIGTERM"},
		{"op": "stop", "node": "nobody"},
		{"op": "ports", "count": 0},
		{"op": "start", "node": "n", "program": "/nowhere/p", "log": k.logPath("n")},
		{"op": "folder", "path": t.TempDir()},
	} {
		if r := k.request(t, c); r.Error == nil {
			t.Errorf("%v was accepted", c)
		}
	}
	k.must(t, map[string]any{"op": "ports", "count": 1})
}

func TestAChildThatIsAClientWorksOnOtherNodesOverItsFileThree(t *testing.T) {
	k := launch(t)
	k.start(t, "first", "sleep 1000")
	k.must(t, map[string]any{
		"op": "start", "node": "second", "client": true, "program": "/bin/sh",
		"args": []string{"-c", `echo '{"id":7,"op":"signal","node":"first","signal":"SIGKILL"}' >&3
			while read -r line; do echo "$line"; case "$line" in *exited*) exit 0;; esac; done <&3`},
		"env": map[string]string{"PATH": os.Getenv("PATH")}, "dir": k.dir, "log": k.logPath("second"),
	})
	if e := k.waitForExit(t, "first"); e.Signal != "SIGKILL" || !e.Asked {
		t.Errorf("SIGKILL that was asked for was expected, got %+v", e)
	}
	k.waitForExit(t, "second")
	if text := k.log(t, "second"); !strings.Contains(text, `"id":7`) {
		t.Errorf("the child got no reply of its own: %q", text)
	}
	// Its end ends nobody else.
	k.must(t, map[string]any{"op": "ports", "count": 1})
}

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
	go func() { k.ended <- k.cmd.Wait() }()
	t.Cleanup(func() { _ = k.cmd.Process.Kill() })
	return k
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

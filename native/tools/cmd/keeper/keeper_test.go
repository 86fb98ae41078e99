package main

import (
	"os"
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
		pids = append(pids, k.start(t, "node/"+strconv.Itoa(i), "exec sleep 1000"))
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

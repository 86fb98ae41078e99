package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A tree as a server's: a child in a session of its own, and a daemon in another one whose parent has
// ended. Each prints its pid, and the daemon burns a processor.
const treeScript = `echo first $$
setsid sh -c 'echo child $$; exec sleep 1000' &
setsid sh -c '(setsid sh -c "echo daemon \$\$; while :; do :; done" &) ; exit 0'
wait`

func startTree(t *testing.T, k *launched, node string) []int {
	t.Helper()
	first := k.start(t, node, treeScript)
	var pids []int
	waitFor(t, "the tree of "+node, func() bool {
		pids = []int{first}
		for _, line := range strings.Split(k.log(t, node), "\n") {
			if name, text, found := strings.Cut(line, " "); found && (name == "child" || name == "daemon") {
				pid, _ := strconv.Atoi(text)
				pids = append(pids, pid)
			}
		}
		return len(pids) == 3
	})
	// A keeper that is killed ends its children, and a daemon is none: without this it would burn on.
	t.Cleanup(func() {
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	return pids
}

func TestPausesAndResumesTheWholeTreeOfANode(t *testing.T) {
	k := launch(t)
	pids := startTree(t, k, "node")
	k.must(t, map[string]any{"op": "signal", "node": "node", "signal": "SIGSTOP"})
	for _, pid := range pids {
		if state(pid) != "T" {
			t.Errorf("pid %d of the tree is in state %q after a pause", pid, state(pid))
		}
	}
	k.must(t, map[string]any{"op": "signal", "node": "node", "signal": "SIGCONT"})
	for _, pid := range pids {
		waitFor(t, "pid "+strconv.Itoa(pid)+" to go on", func() bool { return state(pid) != "T" && state(pid) != "" })
	}
}

func TestAPauseHoldsANodeThatForksAllTheTime(t *testing.T) {
	k := launch(t)
	first := k.start(t, "node", `for i in 1 2 3; do while :; do setsid sh -c 'echo f' & wait; done & done; wait`)
	k.waitForLog(t, "node", "f\nf\n")
	k.must(t, map[string]any{"op": "signal", "node": "node", "signal": "SIGSTOP"})
	for range 3 {
		for _, member := range readProcessTable().tree(first) {
			if !member.still() {
				t.Errorf("pid %d of the paused tree is in state %c", member.pid, member.state)
			}
		}
	}
}

func TestAKillLeavesNoneOfATree(t *testing.T) {
	k := launch(t)
	pids := startTree(t, k, "node")
	k.must(t, map[string]any{"op": "signal", "node": "node", "signal": "SIGKILL"})
	if e := k.waitForExit(t, "node"); e.Signal != "SIGKILL" || !e.Asked {
		t.Errorf("SIGKILL was expected, got %+v", e)
	}
	// When the end is told there is nobody left, zombies included.
	for _, pid := range pids {
		if _, err := os.Stat("/proc/" + strconv.Itoa(pid)); !os.IsNotExist(err) {
			t.Errorf("pid %d of the tree is still there", pid)
		}
	}
}

func TestANodeThatEndsByItselfTakesItsTreeWithItAndNoOther(t *testing.T) {
	k := launch(t)
	other := startTree(t, k, "second")
	pids := startTree(t, k, "first")
	if err := syscall.Kill(pids[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	k.waitForExit(t, "first")
	waitUntilGone(t, pids...)
	for _, pid := range other {
		if state(pid) == "" {
			t.Errorf("pid %d of the other node is gone", pid)
		}
	}
}

func TestFiguresAreThoseOfTheTreeWithWhatEndedChildrenUsed(t *testing.T) {
	k := launch(t)
	burn := "i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done"
	k.start(t, "node", "setsid sh -c '"+burn+"'; echo burnt; exec sleep 1000")
	k.start(t, "second", "sleep 1000 & sleep 1000 & wait")
	k.waitForLog(t, "node", "burnt")
	var node, second nodeFigures
	waitFor(t, "the children of the second node", func() bool {
		for _, read := range k.must(t, map[string]any{"op": "figures"}).Figures {
			if read.Node == "node" {
				node = read
			} else {
				second = read
			}
		}
		return second.Processes == 3
	})
	if node.CPUSeconds < 0.03 || node.Processes != 1 || node.RSSBytes < 100_000 || node.WrittenBytes == nil {
		t.Errorf("the time of the child that has ended was expected, got %+v", node)
	}
	if second.CPUSeconds > 0.1 || second.RSSBytes < 200_000 {
		t.Errorf("three idle processes were expected, got %+v", second)
	}
	k.must(t, map[string]any{"op": "signal", "node": "node", "signal": "SIGKILL"})
	if e := k.waitForExit(t, "node"); e.CPUSeconds < node.CPUSeconds {
		t.Errorf("at least %f s were expected at the end, got %+v", node.CPUSeconds, e)
	}
}

func TestTheEndOfATreeCountsWhatItsDaemonUsed(t *testing.T) {
	k := launch(t)
	startTree(t, k, "node")
	waitFor(t, "the daemon to burn", func() bool {
		read := k.must(t, map[string]any{"op": "figures"}).Figures
		return len(read) == 1 && read[0].CPUSeconds > 0.1
	})
	k.must(t, map[string]any{"op": "signal", "node": "node", "signal": "SIGKILL"})
	if e := k.waitForExit(t, "node"); e.CPUSeconds < 0.1 {
		t.Errorf("at least 0.1 s were expected, got %+v", e)
	}
}

func TestANodeHasAStopSignalOfItsOwn(t *testing.T) {
	k := launch(t)
	script := "trap 'exit 3' INT; trap 'exit 4' TERM; echo up; while :; do sleep 0.05; done"
	start := map[string]any{
		"op": "start", "node": "node", "program": "/bin/sh", "args": []string{"-c", script}, "stopSignal": "SIGINT",
		"env": map[string]string{"PATH": os.Getenv("PATH")}, "dir": k.dir, "log": k.logPath("node"),
	}
	k.must(t, start)
	k.waitForLog(t, "node", "up")
	k.must(t, map[string]any{"op": "stop", "node": "node", "timeoutMs": 5_000})
	if e := k.waitForExit(t, "node"); e.Code == nil || *e.Code != 3 || !e.Asked {
		t.Errorf("the end of a SIGINT was expected, got %+v", e)
	}
	start["stopSignal"] = "SIGNONE"
	if r := k.request(t, start); r.Error == nil {
		t.Error("an unknown stop signal was accepted")
	}
}

func TestAStepIsNoNodeButItsEndIsTold(t *testing.T) {
	k := launch(t)
	k.must(t, map[string]any{
		"op": "start", "node": "first", "step": true, "program": "/bin/sh", "args": []string{"-c", "exit 5"},
		"env": map[string]string{}, "dir": k.dir, "log": k.logPath("first"),
	})
	if e := k.waitForExit(t, "first"); e.Code == nil || *e.Code != 5 {
		t.Errorf("exit code 5 was expected, got %+v", e)
	}
	if nodes := k.must(t, map[string]any{"op": "nodes"}).Nodes; len(nodes) != 0 {
		t.Errorf("no node was expected, got %+v", nodes)
	}
}

// The rest of the file looks at a program that must not run as root.

const whoIAm = `echo "user $(id -u)"; touch mine; echo done; exec sleep 1000`

func TestAnUnprivilegedNodeIsAnotherUserAndItsFilesAreReadable(t *testing.T) {
	k := launch(t)
	pid := startUnprivileged(t, k)
	want := "user 65534"
	if os.Getuid() != 0 {
		want = "user " + strconv.Itoa(os.Getuid())
	}
	if text := k.log(t, "node"); !strings.Contains(text, want) {
		t.Errorf("%q was expected, got %q", want, text)
	}
	_ = k.cmd.Process.Kill()
	waitUntilGone(t, pid)
}

// A namespace in which no more of them can be made: what a container's filter does.
func TestWithoutUserNamespacesAnUnprivilegedNodeGetsItsFolder(t *testing.T) {
	if os.Getuid() != 0 {
		// As nobody's root there is no other user to become.
		return
	}
	k := launchWith(t, func(cmd *exec.Cmd) {
		all := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 65536}}
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: all, GidMappings: all, GidMappingsEnableSetgroups: true}
		// Of the new namespace alone.
		cmd.Args = []string{"sh", "-c", "echo 0 > /proc/sys/user/max_user_namespaces && exec " + os.Args[0]}
		cmd.Path = "/bin/sh"
	})
	folder := filepath.Join(k.dir, "hunt-1")
	for path := k.dir; path != "/tmp"; path = filepath.Dir(path) {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	k.must(t, map[string]any{"op": "folder", "path": folder})
	k.data = filepath.Join(folder, "data")
	if err := os.Mkdir(k.data, 0o700); err != nil {
		t.Fatal(err)
	}
	startUnprivileged(t, k)
	if text := k.log(t, "node"); !strings.Contains(text, "user 65534") || !strings.Contains(text, "no user namespace") {
		t.Errorf("another user, and why, were expected, got %q", text)
	}
	info, err := os.Stat(filepath.Join(k.data, "mine"))
	if err != nil || info.Sys().(*syscall.Stat_t).Uid != nobody {
		t.Errorf("a file of user %d was expected, got %v %v", nobody, info, err)
	}
}

func startUnprivileged(t *testing.T, k *launched) int {
	t.Helper()
	pid := k.must(t, map[string]any{
		"op": "start", "node": "node", "unprivileged": true, "program": "/bin/sh", "args": []string{"-c", whoIAm},
		"env": map[string]string{"PATH": os.Getenv("PATH")}, "dir": k.data, "log": k.logPath("node"),
	}).Pid
	k.waitForLog(t, "node", "done")
	return pid
}

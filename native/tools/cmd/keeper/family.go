package main

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// family knows whose a process is. While a node's first process lives it adopts the orphans below it, so
// its tree is whole. When it has ended the keeper adopts what is left, and that is ended at once: a
// process whose parent is the keeper is the first one of a node, or left of a node that is no more.
type family struct {
	mu      sync.Mutex
	firsts  map[int]*child
	members map[*child]*membership
}

// membership is what was seen of a node's tree, for what it costs.
type membership struct {
	seen       map[identity]bool
	orphanCPU  time.Duration
	rssMaxSeen int64
}

// identity names a process for ever; a pid is used again.
type identity struct {
	pid        int
	startTicks uint64
}

const (
	orphansBound = 5 * time.Second
	orphansEvery = 2 * time.Millisecond
)

func newFamily() *family {
	return &family{firsts: map[int]*child{}, members: map[*child]*membership{}}
}

// adoptOrphans makes the keeper the parent of what a node leaves behind when it ends.
func adoptOrphans() {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		fmt.Fprintf(os.Stderr, "keeper: what a node leaves behind can't be found: %v\n", err)
	}
}

// join starts a first process. Under the lock, so that nobody takes it for an orphan.
func (f *family) join(c *child, start func() (int, error)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	pid, err := start()
	if err == nil {
		f.firsts[pid] = c
		f.members[c] = &membership{}
	}
	return err
}

// leave ends the membership of a node that was reaped, and gives what its orphans had used and the most
// memory that its tree was seen with.
func (f *family) leave(c *child) (time.Duration, int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.members[c]
	delete(f.members, c)
	if f.firsts[c.pid] == c {
		delete(f.firsts, c.pid)
	}
	return known.orphanCPU, known.rssMaxSeen
}

// note remembers who was in a node's tree.
func (f *family) note(c *child, tree []process) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known := f.members[c]; known != nil {
		known.seen = map[identity]bool{}
		for _, p := range tree {
			known.seen[identity{p.pid, p.startTicks}] = true
		}
	}
}

// endOrphans kills and reaps what a node has left behind, until nothing is left. What hangs in the kernel
// is not waited for for ever.
func (f *family) endOrphans(ended *child) {
	for deadline := time.Now().Add(orphansBound); f.endOrphansOnce(ended) && time.Now().Before(deadline); {
		time.Sleep(orphansEvery)
	}
	removeSharedMemory(ended.pid)
}

// endOrphansOnce reports whether there were any.
func (f *family) endOrphansOnce(ended *child) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	table, own, found := readProcessTable(), os.Getpid(), false
	for _, p := range table {
		if p.parent != own || f.firsts[p.pid] != nil {
			continue
		}
		found = true
		if p.ended() {
			f.reap(p, ended)
			continue
		}
		for _, member := range table.tree(p.pid) {
			_ = syscall.Kill(member.pid, syscall.SIGKILL)
		}
	}
	return found
}

// reap counts the orphan's time for the node in whose tree it was seen, else for the one that has just ended.
func (f *family) reap(orphan process, ended *child) {
	var usage unix.Rusage
	pid, err := unix.Wait4(orphan.pid, nil, unix.WNOHANG, &usage)
	if err != nil || pid != orphan.pid {
		return
	}
	owner := f.members[ended]
	for _, known := range f.members {
		if known.seen[identity{orphan.pid, orphan.startTicks}] {
			owner = known
		}
	}
	owner.orphanCPU += time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

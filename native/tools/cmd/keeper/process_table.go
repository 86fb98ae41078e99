package main

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"time"
)

// process is what the kernel says of one process.
type process struct {
	pid, parent int
	terminal    bool   // it has one
	state       byte   // as in proc(5)
	startTicks  uint64 // since boot: with the pid it names a process for ever
	cpuTicks    uint64 // user and system, its own and that of the children that it has waited for
}

// processTable is every process of the machine at one moment, by pid. It costs some 10 us a process.
type processTable map[int]process

// USER_HZ: 100 on every Linux that Go runs on.
const ticksPerSecond = 100

func readProcessTable() processTable {
	table := processTable{}
	proc, err := os.Open("/proc")
	if err != nil {
		return table
	}
	names, _ := proc.Readdirnames(-1)
	_ = proc.Close()
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		// An error means that it has ended since.
		if text, err := os.ReadFile("/proc/" + name + "/stat"); err == nil {
			if p, ok := parseStat(pid, text); ok {
				table[pid] = p
			}
		}
	}
	return table
}

func parseStat(pid int, text []byte) (process, bool) {
	// The second field is the program's name in brackets, and may hold blanks and brackets itself.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 || len(fields[0]) != 1 {
		return process{}, false
	}
	number := func(index int) uint64 {
		value, _ := strconv.ParseUint(string(fields[index]), 10, 64)
		return value
	}
	return process{
		pid: pid, parent: int(number(1)), terminal: number(4) != 0, state: fields[0][0], startTicks: number(19),
		cpuTicks: number(11) + number(12) + number(13) + number(14),
	}, true
}

func (p process) ended() bool { return p.state == 'Z' || p.state == 'X' }

// still is true of a process that does nothing any more until it gets a SIGCONT.
func (p process) still() bool { return p.state == 'T' || p.state == 't' || p.ended() }

// tree is the process and all that descend from it, parents first; empty when it is gone. Nodes adopt
// their orphans (node_start.go), so none is missing while the first process lives.
func (t processTable) tree(root int) []process {
	first, there := t[root]
	if !there {
		return nil
	}
	children := map[int][]process{}
	for _, p := range t {
		children[p.parent] = append(children[p.parent], p)
	}
	found := []process{first}
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i].pid]...)
	}
	return found
}

const (
	freezeTriesMax = 200
	freezeEvery    = time.Millisecond
)

// freeze stops the whole tree and returns it. A process that is stopped makes no more children, so the
// tree is whole once a look finds nobody who moves. One that hangs in the kernel is not waited for for
// ever: the SIGSTOP takes it when it comes back.
func freeze(root int) []process {
	var members []process
	for range freezeTriesMax {
		members = readProcessTable().tree(root)
		moving := 0
		for _, member := range members {
			if !member.still() {
				_ = syscall.Kill(member.pid, syscall.SIGSTOP)
				moving++
			}
		}
		if moving == 0 {
			break
		}
		time.Sleep(freezeEvery)
	}
	return members
}

// letGoOn undoes freeze. What was stopped by somebody else goes on, too.
func letGoOn(root int) {
	for _, member := range readProcessTable().tree(root) {
		_ = syscall.Kill(member.pid, syscall.SIGCONT)
	}
}

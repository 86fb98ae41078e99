package main

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
	"strings"
)

// figures reads what the running nodes cost, each with its tree.
func (k *keeper) figures() []nodeFigures {
	table := readProcessTable()
	figures := make([]nodeFigures, 0, len(k.children))
	for _, c := range k.children {
		if tree := table.tree(c.pid); !c.step && len(tree) > 0 && !tree[0].ended() {
			read := figuresOf(c, tree)
			k.family.note(c, tree)
			k.family.noteMemory(c, read.RSSBytes)
			figures = append(figures, read)
		}
	}
	return figures
}

func (f *family) noteMemory(c *child, rssBytes int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known := f.members[c]; known != nil {
		known.rssMaxSeen = max(known.rssMaxSeen, rssBytes)
	}
}

func figuresOf(c *child, tree []process) nodeFigures {
	read := nodeFigures{Node: c.node, Pid: c.pid}
	var ticks uint64
	var mapped, shared, written int64
	mayRead := true
	for _, member := range tree {
		// Of one that has ended and was not waited for the kernel still has the time.
		ticks += member.cpuTicks
		if member.ended() {
			continue
		}
		status := readKeys(member.pid, "status")
		if len(status) == 0 {
			continue
		}
		read.Processes++
		read.RSSBytes += status["RssAnon"] * 1024
		mapped, shared = max(mapped, status["RssFile"]*1024), max(shared, status["RssShmem"]*1024)
		bytes, there := readKeys(member.pid, "io")["write_bytes"]
		mayRead = mayRead && there
		written += bytes
	}
	read.CPUSeconds = float64(ticks) / ticksPerSecond
	read.RSSBytes += mapped + shared
	if mayRead {
		read.WrittenBytes = &written
	}
	return read
}

// readKeys reads the lines `name: number` of a file of a process; none of one that is gone.
func readKeys(pid int, file string) map[string]int64 {
	values := map[string]int64{}
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/" + file)
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		name, rest, found := strings.Cut(lines.Text(), ":")
		fields := strings.Fields(rest)
		if !found || len(fields) == 0 {
			continue
		}
		if value, err := strconv.ParseInt(fields[0], 10, 64); err == nil {
			values[name] = value
		}
	}
	return values
}

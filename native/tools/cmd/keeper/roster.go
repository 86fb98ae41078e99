package main

import (
	"fmt"
	"slices"
	"time"

	"hunt/native/tools/monotonic"
)

// roster remembers every node that was started, so that one can be started again as it was, and so that
// a hunt that comes later finds out what there is.
type roster struct{ entries []*rosterEntry }

type rosterEntry struct {
	command   command
	pid       int
	starts    int
	startedAt time.Time
	startedUs int64 // monotonic
	exit      *exited
}

// Beyond it the nodes that ended first are forgotten: a run may start short-lived tools by the hundred.
const rosterMax = 500

func (r *roster) find(node string) *rosterEntry {
	for _, entry := range r.entries {
		if entry.command.Node == node {
			return entry
		}
	}
	return nil
}

// resolve gives the command to start: the one that came, or the remembered one when it names no program.
func (r *roster) resolve(c command) (command, error) {
	known := r.find(c.Node)
	if c.Program == "" && known == nil {
		return c, fmt.Errorf("%s was never started, so there is nothing to start again", c.Node)
	}
	if c.Program == "" {
		return known.command, nil
	}
	return c, nil
}

func (r *roster) started(c command, pid int) *rosterEntry {
	entry := r.find(c.Node)
	if entry == nil {
		r.makeRoom()
		entry = &rosterEntry{}
		r.entries = append(r.entries, entry)
	}
	entry.command, entry.pid, entry.startedAt, entry.exit = c, pid, time.Now(), nil
	entry.startedUs = monotonic.NowUs()
	entry.starts++
	return entry
}

func (r *roster) makeRoom() {
	for i, entry := range r.entries {
		if len(r.entries) < rosterMax {
			return
		}
		if entry.exit != nil {
			r.entries = slices.Delete(r.entries, i, i+1)
			return
		}
	}
}

func (r *roster) ended(e exited) {
	if entry := r.find(e.Node); entry != nil && entry.pid == e.Pid {
		entry.exit = &e
	}
}

// again is the line with which the log of a node goes on, empty for a first start.
func (r *roster) again(node string) string {
	entry := r.find(node)
	if entry == nil || entry.exit == nil {
		return ""
	}
	how := entry.exit.Signal
	if entry.exit.Code != nil {
		how = fmt.Sprintf("exit code %d", *entry.exit.Code)
	}
	at := time.UnixMilli(entry.exit.AtUnixMs).UTC().Format(time.RFC3339)
	return fmt.Sprintf("%s (pid %d) ended at %s with %s; start %d follows", node, entry.pid, at, how, entry.starts+1)
}

func (r *roster) facts(stateOf func(node string) string) []nodeFacts {
	facts := make([]nodeFacts, 0, len(r.entries))
	for _, entry := range r.entries {
		state := "exited"
		if entry.exit == nil {
			state = stateOf(entry.command.Node)
		}
		c := entry.command
		facts = append(facts, nodeFacts{
			Node: c.Node, Pid: entry.pid, State: state, Program: c.Program, Args: c.Args, Dir: c.Dir, Log: c.Log,
			Starts: entry.starts, StartedAtUnixMs: entry.startedAt.UnixMilli(),
			StartedAtMonotonicMs: entry.startedUs / 1000, Exit: entry.exit,
		})
	}
	return facts
}

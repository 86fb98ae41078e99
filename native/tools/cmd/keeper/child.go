package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// child is a node's first process. It leads a process group, and the tree of all that descend from it:
// a descendant may leave the group, and none leaves the tree.
type child struct {
	node       string
	step       bool
	pid        int
	cmd        *exec.Cmd
	log        *logFile
	stopSignal syscall.Signal
	family     *family
	ended      chan struct{} // closed when its first process has ended
	startAgain bool          // once it has ended; the keeper's own

	mu     sync.Mutex
	gone   bool // about to be reaped: its pid may belong to somebody else from now on
	asked  bool // to end
	ending bool // asked to end, or sent a signal that ends a process
	forced bool
	killer *time.Timer
}

// After one of these an end of the node is no surprise to anybody, whichever hunt sent it.
var endingSignals = []syscall.Signal{
	syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGABRT, syscall.SIGKILL,
}

// startChild must run on the thread that lives as long as the keeper; see init in main.go. The note is
// the first line of the log, unless it is empty. line is the child's file 3, or nil.
func startChild(c command, note string, line *os.File, k *keeper) (*child, error) {
	for _, p := range []*healthProbe{c.Liveness, c.Readiness} {
		if p != nil {
			if err := p.check(); err != nil {
				return nil, err
			}
		}
	}
	stopSignal := syscall.SIGTERM
	if c.StopSignal != "" {
		number, known := signalByName(c.StopSignal)
		if !known {
			return nil, fmt.Errorf("unknown signal %q", c.StopSignal)
		}
		stopSignal = number
	}
	log, err := openLogFile(c.Log)
	if err != nil {
		return nil, err
	}
	if note != "" {
		log.note(note)
	}
	started := &child{node: c.Node, step: c.Step, log: log, stopSignal: stopSignal, family: k.family, ended: make(chan struct{})}
	err = k.family.join(started, func() (int, error) {
		cmd, err := launchNode(c, log, line, k.folders)
		if err != nil {
			return 0, err
		}
		started.cmd, started.pid = cmd, cmd.Process.Pid
		return started.pid, nil
	})
	if err != nil {
		log.close()
		return nil, err
	}
	if c.Nice != 0 {
		// By group: for one process it would set its first thread only.
		if err := syscall.Setpriority(syscall.PRIO_PGRP, started.pid, c.Nice); err != nil {
			log.note(fmt.Sprintf("nice %d was refused: %v", c.Nice, err))
		}
	}
	go started.wait(k.exits)
	return started, nil
}

// wait kills what is left of the tree before the leader is reaped: until then no other process can
// have its number.
func (c *child) wait(exits chan<- exited) {
	var info unix.Siginfo
	for {
		err := unix.Waitid(unix.P_PID, c.pid, &info, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			break
		}
	}
	at := time.Now()
	close(c.ended)
	c.mu.Lock()
	c.gone = true
	if c.killer != nil {
		c.killer.Stop()
	}
	forced, asked := c.forced, c.ending
	_ = syscall.Kill(-c.pid, syscall.SIGKILL)
	c.mu.Unlock()
	c.family.endOrphans(c)
	_ = c.cmd.Wait() // its error says no more than ProcessState does
	c.log.close()
	e := c.describeExit(at)
	e.Forced, e.Asked = forced, asked
	cpu, rssMax := c.family.leave(c)
	e.CPUSeconds += cpu.Seconds()
	e.RSSMaxBytes = max(e.RSSMaxBytes, rssMax)
	exits <- e
}

func (c *child) describeExit(at time.Time) exited {
	e := exited{Event: "exited", Node: c.node, Pid: c.pid, AtUnixMs: at.UnixMilli()}
	state := c.cmd.ProcessState
	if state == nil {
		return e
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		e.Signal = unix.SignalName(status.Signal())
	} else {
		code := state.ExitCode()
		e.Code = &code
	}
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		e.CPUSeconds = (state.UserTime() + state.SystemTime()).Seconds()
		e.RSSMaxBytes = usage.Maxrss * 1024
	}
	return e
}

// signal goes to the process group, as from a terminal; what holds a node, lets it go on or kills it goes
// to the whole tree.
func (c *child) signal(number syscall.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return
	}
	c.ending = c.ending || slices.Contains(endingSignals, number)
	switch number {
	case syscall.SIGSTOP:
		c.family.note(c, freeze(c.pid))
	case syscall.SIGCONT:
		letGoOn(c.pid)
	case syscall.SIGKILL:
		c.killTree()
	default:
		_ = syscall.Kill(-c.pid, number)
	}
}

// killTree stops the tree first: nobody in it makes one more process, or hears that another has ended.
func (c *child) killTree() {
	members := freeze(c.pid)
	c.family.note(c, members)
	for _, member := range members {
		_ = syscall.Kill(member.pid, syscall.SIGKILL)
	}
	_ = syscall.Kill(-c.pid, syscall.SIGKILL)
}

// stop asks the node to end and kills its tree after the bound. SIGCONT lets a paused process hear what
// asks it. A later stop can shorten the bound.
func (c *child) stop(bound time.Duration) {
	c.signal(c.stopSignal)
	c.signal(syscall.SIGCONT)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ending, c.asked = true, true
	if c.killer != nil {
		c.killer.Stop()
	}
	c.killer = time.AfterFunc(bound, c.kill)
}

// stopping is true once somebody has asked it to end.
func (c *child) stopping() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending
}

// state is as the kernel sees it: a process is paused whoever sent the SIGSTOP.
func (c *child) state() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked {
		return "stopping"
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.pid))
	_, rest, found := strings.Cut(string(text), ") ")
	if err == nil && found && strings.HasPrefix(rest, "T") {
		return "paused"
	}
	return "running"
}

func (c *child) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.gone {
		c.forced = true
		c.killTree()
	}
}

func signalByName(name string) (syscall.Signal, bool) {
	number := unix.SignalNum(name)
	return number, number != 0
}

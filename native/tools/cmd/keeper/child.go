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

// child is a node's process and the process group that it leads.
type child struct {
	node string
	pid  int
	cmd  *exec.Cmd
	log  *logFile

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
func startChild(c command, note string, line *os.File, exits chan<- exited) (*child, error) {
	log, err := openLogFile(c.Log)
	if err != nil {
		return nil, err
	}
	if note != "" {
		log.note(note)
	}
	cmd := exec.Command(c.Program, c.Args...)
	cmd.Dir = c.Dir
	cmd.Env = make([]string, 0, len(c.Env))
	for name, value := range c.Env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	// One pipe for both streams, copied by the keeper: the log has an exact bound, a child never waits
	// for the disk, and the log is complete when `exited` is sent. Nodes print a few lines per second.
	cmd.Stdout, cmd.Stderr = log, log
	if line != nil {
		cmd.ExtraFiles = []*os.File{line}
	}
	// A descendant that left the group can hold the pipe open; it is not waited for.
	cmd.WaitDelay = 500 * time.Millisecond
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		log.close()
		return nil, coded{"start-failed", err.Error()}
	}
	started := &child{node: c.Node, pid: cmd.Process.Pid, cmd: cmd, log: log}
	if c.Nice != 0 {
		// By group: for one process it would set its first thread only.
		if err := syscall.Setpriority(syscall.PRIO_PGRP, started.pid, c.Nice); err != nil {
			log.note(fmt.Sprintf("nice %d was refused: %v", c.Nice, err))
		}
	}
	go started.wait(exits)
	return started, nil
}

// wait kills what is left of the group before the leader is reaped: until then no other process can
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
	c.mu.Lock()
	c.gone = true
	if c.killer != nil {
		c.killer.Stop()
	}
	forced, asked := c.forced, c.ending
	_ = syscall.Kill(-c.pid, syscall.SIGKILL)
	c.mu.Unlock()
	_ = c.cmd.Wait() // its error says no more than ProcessState does
	c.log.close()
	e := c.describeExit(at)
	e.Forced, e.Asked = forced, asked
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

// signal goes to the whole group.
func (c *child) signal(number syscall.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return
	}
	c.ending = c.ending || slices.Contains(endingSignals, number)
	_ = syscall.Kill(-c.pid, number)
}

// stop asks the group to end and kills it after the bound. SIGCONT lets a paused process hear the
// SIGTERM. A later stop can shorten the bound.
func (c *child) stop(bound time.Duration) {
	c.signal(syscall.SIGTERM)
	c.signal(syscall.SIGCONT)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = true
	if c.killer != nil {
		c.killer.Stop()
	}
	c.killer = time.AfterFunc(bound, c.kill)
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
		_ = syscall.Kill(-c.pid, syscall.SIGKILL)
	}
}

func signalByName(name string) (syscall.Signal, bool) {
	number := unix.SignalNum(name)
	return number, number != 0
}

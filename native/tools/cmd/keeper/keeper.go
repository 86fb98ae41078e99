package main

import (
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"
)

// keeper owns the children, the reserved ports and the run's folders. All its methods run on the main
// goroutine, so its fields need no lock.
type keeper struct {
	events   *eventWriter
	children []*child // in start order, ended ones removed
	exits    chan exited
	ports    portReservations
	folders  []*runFolder
	lost     bool // hunt does not read its events any more
}

func newKeeper(events *eventWriter) *keeper {
	return &keeper{events: events, exits: make(chan exited, 16)}
}

// serve runs until hunt says shutdown, hunt is gone or the keeper is asked to end; then it ends all.
func (k *keeper) serve(commands <-chan command, signals <-chan os.Signal) {
	for !k.lost {
		select {
		case c, open := <-commands:
			if !open {
				k.end(orphanStopTimeout)
				return
			}
			if c.Op == "shutdown" && c.malformed == nil {
				k.end(milliseconds(c.TimeoutMs))
				k.send(reply{Event: "reply", ID: c.ID})
				return
			}
			k.send(k.handle(c))
		case e := <-k.exits:
			k.forget(e)
		case s := <-signals:
			if s == syscall.SIGTERM || s == syscall.SIGHUP {
				k.end(orphanStopTimeout)
				return
			}
		}
	}
	k.end(orphanStopTimeout)
}

func (k *keeper) handle(c command) reply {
	r := reply{Event: "reply", ID: c.ID}
	err := c.malformed
	if err == nil {
		switch c.Op {
		case "ports":
			r.Ports, err = k.ports.reserve(c.Count, c.Base)
		case "folder":
			err = k.makeFolder(c.Path)
		case "start":
			r.Pid, err = k.start(c)
		case "signal":
			err = k.signal(c)
		case "stop":
			err = k.stop(c)
		default:
			err = fmt.Errorf("unknown command %q", c.Op)
		}
	}
	if err != nil {
		r.Error = describe(err)
	}
	return r
}

func (k *keeper) start(c command) (int, error) {
	if k.find(c.Node) != nil {
		return 0, fmt.Errorf("%s is running already", c.Node)
	}
	started, err := startChild(c, k.exits)
	if err != nil {
		return 0, err
	}
	k.children = append(k.children, started)
	return started.pid, nil
}

func (k *keeper) signal(c command) error {
	target := k.find(c.Node)
	if target == nil {
		return coded{"not-running", fmt.Sprintf("%s is not running", c.Node)}
	}
	number, known := signalByName(c.Signal)
	if !known {
		return fmt.Errorf("unknown signal %q", c.Signal)
	}
	target.signal(number)
	return nil
}

func (k *keeper) stop(c command) error {
	target := k.find(c.Node)
	if target == nil {
		return coded{"not-running", fmt.Sprintf("%s is not running", c.Node)}
	}
	target.stop(milliseconds(c.TimeoutMs))
	return nil
}

func (k *keeper) makeFolder(path string) error {
	folder, err := makeRunFolder(path)
	if err == nil {
		k.folders = append(k.folders, folder)
	}
	return err
}

// end asks all children to stop, youngest first, kills what is left after the bound, and removes the
// run's folders. A process in uninterruptible sleep survives SIGKILL; it is not waited for for ever.
func (k *keeper) end(bound time.Duration) {
	for _, c := range slices.Backward(k.children) {
		c.stop(bound)
	}
	giveUp := time.After(bound + 5*time.Second)
	for len(k.children) > 0 {
		select {
		case e := <-k.exits:
			k.forget(e)
		case <-giveUp:
			fmt.Fprintf(os.Stderr, "keeper: %d processes did not end after SIGKILL\n", len(k.children))
			k.children = nil
		}
	}
	for _, folder := range k.folders {
		folder.remove()
	}
}

func (k *keeper) forget(e exited) {
	k.children = slices.DeleteFunc(k.children, func(c *child) bool { return c.pid == e.Pid })
	k.send(e)
}

func (k *keeper) send(event any) {
	if !k.events.send(event) {
		k.lost = true
	}
}

func (k *keeper) find(node string) *child {
	for _, c := range k.children {
		if c.node == node {
			return c
		}
	}
	return nil
}

// coded is an error that hunt tells apart by its code.
type coded struct{ code, message string }

func (e coded) Error() string { return e.message }

func describe(err error) *replyError {
	if c, ok := err.(coded); ok {
		return &replyError{Code: c.code, Message: c.message}
	}
	return &replyError{Code: "failed", Message: err.Error()}
}

func milliseconds(count int) time.Duration { return time.Duration(count) * time.Millisecond }

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"syscall"
	"time"
)

// keeper owns the children, the reserved ports and the run's folders. All its methods run on the main
// goroutine, so its fields need no lock.
type keeper struct {
	owner    *client // the hunt that started the keeper
	clients  []*client
	requests chan request
	accepted chan net.Conn
	listener net.Listener // for hunts that come later
	staying  bool         // without its owner, too
	children []*child     // in start order, ended ones removed
	exits    chan exited
	probed   chan probed
	roster   roster
	family   *family
	ports    portReservations
	folders  []*runFolder
	lost     bool // the owner is gone, and nobody said that the backend stays
}

func newKeeper(input io.Reader, output io.Writer) *keeper {
	k := &keeper{
		owner:    &client{events: newEventWriter(output)},
		requests: make(chan request, 64),
		accepted: make(chan net.Conn),
		exits:    make(chan exited, 16),
		probed:   make(chan probed),
		family:   newFamily(),
	}
	k.clients = []*client{k.owner}
	go k.owner.readCommands(input, k.requests)
	return k
}

// serve runs until hunt says shutdown, hunt is gone or the keeper is asked to end; then it ends all.
func (k *keeper) serve(signals <-chan os.Signal) {
	for !k.lost {
		select {
		case r := <-k.requests:
			if r.gone {
				k.drop(r.from)
			} else if c := r.command; c.Op == "shutdown" && c.malformed == nil {
				k.end(milliseconds(c.TimeoutMs))
				k.send(r.from, reply{Event: "reply", ID: c.ID})
				return
			} else {
				k.send(r.from, k.handle(c))
			}
		case e := <-k.exits:
			if c := k.forget(e); c != nil && c.startAgain {
				k.startAgain(c)
			}
		case news := <-k.probed:
			k.heed(news)
		case conn := <-k.accepted:
			k.admit(conn)
		case s := <-signals:
			if s == syscall.SIGTERM || s == syscall.SIGHUP {
				k.end(orphanStopTimeout)
				return
			}
		}
	}
	k.end(orphanStopTimeout)
}

// stay lets the backend outlive the hunt that started it.
func (k *keeper) stay(path string) error {
	if k.staying {
		return fmt.Errorf("the backend stays already, at %s", k.listener.Addr())
	}
	if k.listener == nil {
		if err := k.listen(path); err != nil {
			return err
		}
	}
	// For weeks it must not keep the folder busy from which hunt was called.
	_ = os.Chdir("/")
	k.staying = true
	return nil
}

// listen lets other hunts work on the backend beside its owner, whose end still ends it.
func (k *keeper) listen(path string) error {
	if k.listener != nil {
		return fmt.Errorf("the keeper listens already, at %s", k.listener.Addr())
	}
	listener, err := net.Listen("unix", path)
	if err == nil {
		// The folder is open to its owner only; this is for a folder that somebody has opened.
		err = os.Chmod(path, 0o600)
	}
	if err != nil {
		if listener != nil {
			_ = listener.Close()
		}
		return coded{"socket-failed", err.Error()}
	}
	k.listener = listener
	go accept(listener, k.accepted)
	return nil
}

func (k *keeper) admit(conn net.Conn) {
	if len(k.clients) >= clientsMax {
		_ = conn.Close()
		return
	}
	k.serveClient(conn)
}

func (k *keeper) serveClient(conn net.Conn) {
	c := &client{events: newEventWriter(conn), conn: conn}
	k.clients = append(k.clients, c)
	go c.readCommands(conn, k.requests)
}

// drop forgets a client. Without the owner only a backend that stays goes on.
func (k *keeper) drop(c *client) {
	if c.dropped {
		return
	}
	if c == k.owner && !k.staying {
		// Not forgotten: a hunt that has only closed its pipe still hears how its nodes ended.
		k.lost = true
		return
	}
	c.dropped = true
	k.clients = slices.DeleteFunc(k.clients, func(other *client) bool { return other == c })
	go c.close(time.Second)
}

// close hands the last events over.
func (k *keeper) close(bound time.Duration) {
	for _, c := range k.clients {
		c.close(bound)
	}
}

func (k *keeper) handle(c command) reply {
	r := reply{Event: "reply", ID: c.ID}
	err := c.malformed
	if err == nil {
		switch c.Op {
		case "ports":
			r.Ports, err = k.ports.reserve(c.Count, c.Base)
		case "folder":
			err = k.makeFolder(c)
		case "nodes":
			r.Nodes = k.roster.facts(k.stateOf)
		case "figures":
			r.Figures = k.figures()
		case "stay":
			err = k.stay(c.Path)
		case "listen":
			err = k.listen(c.Path)
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

func (k *keeper) start(asked command) (int, error) {
	if k.find(asked.Node) != nil {
		return 0, coded{"already-running", fmt.Sprintf("%s is running already", asked.Node)}
	}
	c, err := k.roster.resolve(asked)
	if err != nil {
		return 0, err
	}
	for _, port := range c.TCPPorts {
		if err := probe(port); err != nil {
			return 0, err
		}
	}
	var ours net.Conn
	var theirs *os.File
	if c.Client {
		if len(k.clients) >= clientsMax {
			return 0, coded{"start-failed", fmt.Sprintf("the keeper has %d clients already", clientsMax)}
		}
		if ours, theirs, err = clientPair(); err != nil {
			return 0, coded{"start-failed", err.Error()}
		}
		defer func() { _ = theirs.Close() }()
	}
	begun, err := startChild(c, k.roster.again(c.Node), theirs, k)
	if err != nil {
		if ours != nil {
			_ = ours.Close()
		}
		return 0, err
	}
	if ours != nil {
		k.serveClient(ours)
	}
	k.children = append(k.children, begun)
	if c.Step {
		return begun.pid, nil
	}
	k.probes(c, begun)
	entry := k.roster.started(c, begun.pid)
	k.broadcast(started{
		Event: "started", Node: c.Node, Pid: begun.pid, Starts: entry.starts, AtUnixMs: entry.startedAt.UnixMilli(),
		AtMonotonicMs: entry.startedUs / 1000,
	})
	return begun.pid, nil
}

func (k *keeper) stateOf(node string) string {
	if c := k.find(node); c != nil {
		return c.state()
	}
	return "exited"
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

func (k *keeper) makeFolder(c command) error {
	take := makeRunFolder
	if c.Adopt {
		take = adoptRunFolder
	}
	folder, err := take(c.Path)
	if err == nil {
		k.folders = append(k.folders, folder)
	}
	return err
}

// end asks all children to stop, youngest first, kills what is left after the bound, and removes the
// run's folders. A process in uninterruptible sleep survives SIGKILL; it is not waited for for ever.
func (k *keeper) end(bound time.Duration) {
	if k.listener != nil {
		_ = k.listener.Close()
	}
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

// forget returns the child that it was.
func (k *keeper) forget(e exited) *child {
	c := k.find(e.Node)
	k.children = slices.DeleteFunc(k.children, func(c *child) bool { return c.pid == e.Pid })
	k.roster.ended(e)
	k.broadcast(e)
	return c
}

func (k *keeper) broadcast(event any) {
	for _, c := range slices.Clone(k.clients) {
		k.send(c, event)
	}
}

// send drops a client that does not read its events: the others must not wait for it.
func (k *keeper) send(c *client, event any) {
	if !c.dropped && !c.events.send(event) {
		k.drop(c)
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

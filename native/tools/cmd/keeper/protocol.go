package main

import (
	"encoding/json"
	"io"
	"sync"
	"time"
)

// command is one line from hunt. Op says which of the other fields count.
type command struct {
	ID int    `json:"id"`
	Op string `json:"op"` // ports, folder, start, signal, stop, nodes, figures, listen, stay, shutdown

	Count int `json:"count"` // ports: how many
	Base  int `json:"base"`  // ports: the first one; 0 picks free ones

	Path  string `json:"path"`  // folder: removed when the keeper ends; listen, stay: the socket
	Adopt bool   `json:"adopt"` // folder: it exists already

	Node     string            `json:"node"`    // start, signal, stop
	Program  string            `json:"program"` // start: empty means what this node was started with before
	Args     []string          `json:"args"`
	TCPPorts []int             `json:"tcpPorts"` // on 127.0.0.1, checked before the start
	Env      map[string]string `json:"env"`      // the whole environment of the child
	Dir      string            `json:"dir"`
	Log      string            `json:"log"`    // file for stdout and stderr
	Nice     int               `json:"nice"`   // 0 leaves it
	Client   bool              `json:"client"` // the child gets a connection to the keeper, as its file 3
	// Where hunt is root: the program runs as another user.
	Unprivileged bool `json:"unprivileged"`
	// start: what asks it to end, SIGTERM when empty.
	StopSignal string `json:"stopSignal"`
	// start: how it is asked whether it lives and can serve; nil: not at all.
	Liveness  *healthProbe `json:"liveness"`
	Readiness *healthProbe `json:"readiness"`
	// start: of a stop by the liveness probe.
	StopTimeoutMs int `json:"stopTimeoutMs"`
	// start: it is a step of a node and none itself. It is not listed, and forgotten when it has ended.
	Step bool `json:"step"`

	Signal    string `json:"signal"`    // signal: "SIGSTOP"
	TimeoutMs int    `json:"timeoutMs"` // stop, shutdown: SIGTERM to SIGKILL

	malformed error
}

// reply answers the command with the same id; exactly one per command, in no fixed order.
type reply struct {
	Event string      `json:"event"` // "reply"
	ID    int         `json:"id"`
	Pid   int         `json:"pid,omitempty"`
	Ports []int       `json:"ports,omitempty"`
	Nodes []nodeFacts `json:"nodes,omitempty"`
	// Of every node that runs.
	Figures []nodeFigures `json:"figures,omitempty"`
	Error   *replyError   `json:"error,omitempty"`
}

// nodeFacts is a node as `nodes` lists it, whether it runs or has ended.
type nodeFacts struct {
	Node            string   `json:"node"`
	Pid             int      `json:"pid"`
	State           string   `json:"state"` // running, paused, stopping, exited
	Program         string   `json:"program"`
	Args            []string `json:"args"`
	Dir             string   `json:"dir"`
	Log             string   `json:"log"`
	Starts          int      `json:"starts"`
	StartedAtUnixMs int64    `json:"startedAtUnixMs"`
	// By the clock that nobody can set: for how long it has run.
	StartedAtMonotonicMs int64   `json:"startedAtMonotonicMs"`
	Exit                 *exited `json:"exit,omitempty"`
}

// nodeFigures are those of a node's whole tree. Counters hold what ended processes of it had used.
type nodeFigures struct {
	Node       string  `json:"node"`
	Pid        int     `json:"pid"`
	CPUSeconds float64 `json:"cpuSeconds"`
	// What several processes map in common, files and shared memory, counts once.
	RSSBytes int64 `json:"rssBytes"`
	// Handed to the disk layer; absent where it may not be read.
	WrittenBytes *int64 `json:"writtenBytes,omitempty"`
	Processes    int    `json:"processes"`
}

// started says that a node runs, to those who did not start it.
type started struct {
	Event    string `json:"event"` // "started"
	Node     string `json:"node"`
	Pid      int    `json:"pid"`
	Starts   int    `json:"starts"`
	AtUnixMs int64  `json:"atUnixMs"`
	// By the clock that nobody can set.
	AtMonotonicMs int64 `json:"atMonotonicMs"`
}

type replyError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// exited says that a node has ended. Its log file is complete by then.
type exited struct {
	Event       string  `json:"event"` // "exited"
	Node        string  `json:"node"`
	Pid         int     `json:"pid"`
	Code        *int    `json:"code,omitempty"`   // absent when a signal ended it
	Signal      string  `json:"signal,omitempty"` // "SIGKILL"
	Forced      bool    `json:"forced"`           // the bound of a stop ran out
	Asked       bool    `json:"asked"`            // a hunt stopped it, or sent a signal that ends a process
	AtUnixMs    int64   `json:"atUnixMs"`
	CPUSeconds  float64 `json:"cpuSeconds"`  // user and system, of its whole tree
	RSSMaxBytes int64   `json:"rssMaxBytes"` // of its first process, or of its tree in a reading of figures
}

// eventWriter keeps the keeper's loop from waiting for a hunt that does not read.
type eventWriter struct {
	queue chan any
	done  chan struct{}
	once  sync.Once
}

// The events of a run are a few dozen; a full queue means that hunt has stopped reading for good.
const eventQueueMax = 4096

func newEventWriter(output io.Writer) *eventWriter {
	w := &eventWriter{queue: make(chan any, eventQueueMax), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		encoder := json.NewEncoder(output)
		for event := range w.queue {
			// An error means that hunt is gone; the end of stdin says the same and is acted on.
			_ = encoder.Encode(event)
		}
	}()
	return w
}

// send reports false when hunt does not read its events.
func (w *eventWriter) send(event any) bool {
	select {
	case w.queue <- event:
		return true
	default:
		return false
	}
}

// close waits for what is queued, at most for the bound.
func (w *eventWriter) close(bound time.Duration) {
	w.once.Do(func() { close(w.queue) })
	select {
	case <-w.done:
	case <-time.After(bound):
	}
}

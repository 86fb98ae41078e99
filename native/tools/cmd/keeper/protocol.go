package main

import (
	"bufio"
	"encoding/json"
	"io"
	"sync"
	"time"
)

// command is one line from hunt. Op says which of the other fields count.
type command struct {
	ID int    `json:"id"`
	Op string `json:"op"` // ports, folder, start, signal, stop, shutdown

	Count int `json:"count"` // ports: how many
	Base  int `json:"base"`  // ports: the first one; 0 picks free ones

	Path string `json:"path"` // folder: made now, removed when the keeper ends

	Node    string            `json:"node"` // start, signal, stop
	Program string            `json:"program"`
	Args    []string          `json:"args"`
	Env     map[string]string `json:"env"` // the whole environment of the child
	Dir     string            `json:"dir"`
	Log     string            `json:"log"`  // file for stdout and stderr
	Nice    int               `json:"nice"` // 0 leaves it

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
	Error *replyError `json:"error,omitempty"`
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
	AtUnixMs    int64   `json:"atUnixMs"`
	CPUSeconds  float64 `json:"cpuSeconds"` // user and system, waited-for descendants included
	RSSMaxBytes int64   `json:"rssMaxBytes"`
}

const commandBytesMax = 4 << 20

// readCommands ends by closing the channel: hunt is gone, or sent something that is not a line.
func readCommands(input io.Reader, commands chan<- command) {
	defer close(commands)
	lines := bufio.NewScanner(input)
	lines.Buffer(make([]byte, 64<<10), commandBytesMax)
	for lines.Scan() {
		var c command
		c.malformed = json.Unmarshal(lines.Bytes(), &c)
		commands <- c
	}
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

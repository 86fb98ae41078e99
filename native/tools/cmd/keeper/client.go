package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// client is one hunt: the one that started the keeper, over its pipes, one that came by the socket of
// a backend that stays, or a child that was started with a connection of its own.
type client struct {
	events *eventWriter
	conn   io.Closer // nil for the pipes
	// Its queue is closed; requests of it may still wait.
	dropped bool
}

// request is a command of a client, or the client's end.
type request struct {
	from    *client
	command command
	gone    bool
}

const (
	commandBytesMax = 4 << 20
	clientsMax      = 32
)

// readCommands ends when the client is gone, or sent something that is not a line.
func (c *client) readCommands(input io.Reader, requests chan<- request) {
	lines := bufio.NewScanner(input)
	lines.Buffer(make([]byte, 64<<10), commandBytesMax)
	for lines.Scan() {
		r := request{from: c}
		r.command.malformed = json.Unmarshal(lines.Bytes(), &r.command)
		requests <- r
	}
	requests <- request{from: c, gone: true}
}

// close hands over what is queued, within the bound.
func (c *client) close(bound time.Duration) {
	c.events.close(bound)
	if c.conn != nil {
		_ = c.conn.Close()
	}
}

// accept ends when the listener is closed.
func accept(listener net.Listener, accepted chan<- net.Conn) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		accepted <- conn
	}
}

// clientPair is a connection without a path: the keeper's end, and the one that a child inherits.
func clientPair() (net.Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	own, theirs := os.NewFile(uintptr(fds[0]), "keeper"), os.NewFile(uintptr(fds[1]), "child")
	// FileConn takes a copy.
	conn, err := net.FileConn(own)
	_ = own.Close()
	if err != nil {
		_ = theirs.Close()
		return nil, nil, err
	}
	return conn, theirs, nil
}

package frames

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// QueueLength is how many frames may wait for the socket.
const QueueLength = 64

const dialTimeout = 5 * time.Second

// Command is what hunt says to the swarm.
type Command struct {
	Type string `json:"type"` // "start" or "stop"
	// Run second 0 by two clocks: the wall clock, for people, and the one that nobody can set.
	AtUnixUs      int64 `json:"atUnixUs"`
	AtMonotonicUs int64 `json:"atMonotonicUs"`
}

// StartIn names run second 0, as hunt does.
func StartIn(wait time.Duration) Command {
	us, _ := MonotonicUs()
	return Command{Type: "start", AtUnixUs: time.Now().Add(wait).UnixMicro(), AtMonotonicUs: us + wait.Microseconds()}
}

// Link is the connection to hunt. Sending only queues; one goroutine writes, one reads.
type Link struct {
	conn     net.Conn
	queue    chan []byte
	commands chan Command
	written  chan struct{} // closed when the writer has ended
	closing  sync.Once

	mu  sync.Mutex
	err error
}

// Dial connects to "unix:PATH" or "tcp:HOST:PORT".
func Dial(target string) (*Link, error) {
	network, address, found := strings.Cut(target, ":")
	if !found || (network != "unix" && network != "tcp") {
		return nil, fmt.Errorf("hunt output: target %q, expected unix:PATH or tcp:HOST:PORT", target)
	}
	conn, err := net.DialTimeout(network, address, dialTimeout)
	if err != nil {
		return nil, fmt.Errorf("hunt output: %w", err)
	}
	return NewLink(conn, QueueLength), nil
}

// NewLink starts to speak over a connection.
func NewLink(conn net.Conn, queueLength int) *Link {
	l := &Link{
		conn: conn, queue: make(chan []byte, queueLength), commands: make(chan Command, 4),
		written: make(chan struct{}),
	}
	go l.write()
	go l.read()
	return l
}

// Commands delivers what hunt says; it is closed when hunt is gone or said something unreadable.
func (l *Link) Commands() <-chan Command { return l.commands }

// Fill is how full the queue is, 0 to 1.
func (l *Link) Fill() float64 { return float64(len(l.queue)) / float64(cap(l.queue)) }

// HasRoom says whether one more frame can be sent. Only the one sender may rely on it.
func (l *Link) HasRoom() bool { return len(l.queue) < cap(l.queue) }

// Send queues a message and waits for room no longer than `within`. Only one goroutine may call it.
func (l *Link) Send(message any, within time.Duration) error {
	frame, err := encode(message)
	if err != nil {
		return err
	}
	select {
	case l.queue <- frame:
		return nil
	default:
	}
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case l.queue <- frame:
		return nil
	case <-l.written:
		return l.failure()
	case <-timer.C:
		return fmt.Errorf("hunt output: %d frames still wait for the reader after %v", cap(l.queue), within)
	}
}

// Close writes what is queued, no longer than `within`, and closes the connection. The sender must
// not send any more.
func (l *Link) Close(within time.Duration) error {
	l.closing.Do(func() {
		l.fail(l.conn.SetWriteDeadline(time.Now().Add(within)))
		close(l.queue)
		<-l.written
		// The reader ends with the connection.
		l.conn.Close()
	})
	return l.failure()
}

func (l *Link) write() {
	defer close(l.written)
	for frame := range l.queue {
		if _, err := l.conn.Write(frame); err != nil {
			l.fail(fmt.Errorf("hunt output: %w", err))
			return
		}
	}
}

func (l *Link) read() {
	defer close(l.commands)
	reader := bufio.NewReader(l.conn)
	for {
		payload, err := read(reader)
		if err != nil {
			return
		}
		var command Command
		if err := json.Unmarshal(payload, &command); err != nil {
			return
		}
		select {
		case l.commands <- command:
		default:
			// Four commands nobody took: hunt is not speaking this protocol.
			l.fail(errors.New("hunt output: commands come faster than they are taken"))
			return
		}
	}
}

func (l *Link) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
}

func (l *Link) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

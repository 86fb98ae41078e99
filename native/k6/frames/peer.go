package frames

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"sync"
)

// Peer is hunt's end of the conversation, for tests and benchmarks; hunt's own is TypeScript.
type Peer struct {
	conn   net.Conn
	reader *bufio.Reader
	write  sync.Mutex
}

// Accept waits for the swarm on a listener.
func Accept(listener net.Listener) (*Peer, error) {
	conn, err := listener.Accept()
	if err != nil {
		return nil, err
	}
	return NewPeer(conn), nil
}

// NewPeer speaks hunt's part over a connection.
func NewPeer(conn net.Conn) *Peer {
	return &Peer{conn: conn, reader: bufio.NewReader(conn)}
}

// Read decodes the next message into what `into` returns for its type.
func (p *Peer) Read(into func(messageType string) any) error {
	payload, err := read(p.reader)
	if err != nil {
		return err
	}
	var head struct{ Type string }
	if err := json.Unmarshal(payload, &head); err != nil {
		return err
	}
	target := into(head.Type)
	if target == nil {
		return fmt.Errorf("unexpected message %q", head.Type)
	}
	return json.Unmarshal(payload, target)
}

// Send sends a command.
func (p *Peer) Send(command Command) error {
	frame, err := encode(command)
	if err != nil {
		return err
	}
	p.write.Lock()
	defer p.write.Unlock()
	_, err = p.conn.Write(frame)
	return err
}

// Close hangs up.
func (p *Peer) Close() error { return p.conn.Close() }

package fakebackend

import (
	"net"
	"sync"
)

// Relay stands between the swarm and a fake gateway. Frozen, it is what a stopped process looks
// like from outside: connections stay, new ones are taken, nothing moves.
type Relay struct {
	Address  string
	target   string
	listener net.Listener

	mu     sync.Mutex
	thawed chan struct{} // closed while not frozen
	conns  []net.Conn
}

// StartRelay forwards to a target.
func StartRelay(target string) (*Relay, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &Relay{Address: listener.Addr().String(), target: target, listener: listener, thawed: make(chan struct{})}
	close(r.thawed)
	go r.accept()
	return r, nil
}

// Freeze holds everything back until Thaw.
func (r *Relay) Freeze() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.thawed = make(chan struct{})
}

// Thaw lets everything go on.
func (r *Relay) Thaw() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.thawed)
}

// Stop breaks every connection and takes no more.
func (r *Relay) Stop() {
	r.listener.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, conn := range r.conns {
		conn.Close()
	}
}

func (r *Relay) accept() {
	for {
		conn, err := r.listener.Accept()
		if err != nil {
			return
		}
		target, err := net.Dial("tcp", r.target)
		if err != nil {
			conn.Close()
			continue
		}
		r.mu.Lock()
		r.conns = append(r.conns, conn, target)
		r.mu.Unlock()
		go r.forward(conn, target)
		go r.forward(target, conn)
	}
}

func (r *Relay) forward(from, to net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 64<<10)
	for {
		r.mu.Lock()
		thawed := r.thawed
		r.mu.Unlock()
		<-thawed
		count, err := from.Read(buffer)
		if err != nil {
			return
		}
		r.mu.Lock()
		thawed = r.thawed
		r.mu.Unlock()
		<-thawed
		if _, err := to.Write(buffer[:count]); err != nil {
			return
		}
	}
}

// Package outlet is what lanes send by: streams that carry a tick's operations in one message, and calls that have
// one answer each. What they are given leaves when the group releases it, after its ledger is written.
package outlet

// MessageOperations is how many operations one message carries at most, queuedMessages how many may wait for a
// stream's Send: a stream that cannot send holds back at most so many of them.
const (
	MessageOperations = 512
	queuedMessages    = 4
)

// Peer is a node that a group streams to, as the group's goroutine sees it.
type Peer[Q any] struct {
	up      *Stream[Q] // nil while not connected
	wire    Wire[Q]
	request *Q
	full    []*Q
}

// Wire is what a peer has to know of its requests.
type Wire[Q any] struct {
	// Make gives an empty request.
	Make func() *Q
	// Operations of a request that wait for an answer.
	Operations func(*Q) int
}

// NewPeer is not connected yet.
func NewPeer[Q any](wire Wire[Q]) Peer[Q] { return Peer[Q]{wire: wire} }

// Up is whether it is connected.
func (p *Peer[Q]) Up() bool { return p.up != nil }

// Number is that of the stream that is up.
func (p *Peer[Q]) Number() uint32 { return p.up.Number }

// Connected takes a stream that was opened.
func (p *Peer[Q]) Connected(stream *Stream[Q]) { p.up = stream }

// Lost drops the stream with a number, unless another one is up since.
func (p *Peer[Q]) Lost(number uint32) {
	if p.up != nil && p.up.Number == number {
		p.up = nil
	}
}

// Room is how many more operations this tick can give the stream without waiting.
func (p *Peer[Q]) Room() int {
	if p.up == nil {
		return 0
	}
	messages := cap(p.up.out) - len(p.up.out) - len(p.full)
	if p.request != nil {
		return messages*MessageOperations - p.wire.Operations(p.request)
	}
	return messages * MessageOperations
}

// Request is the tick's, to be added to. There must be room.
func (p *Peer[Q]) Request() *Q {
	if p.request == nil {
		p.request = p.wire.Make()
	}
	return p.request
}

// Seal ends the tick's request: what comes next goes into another message.
func (p *Peer[Q]) Seal() {
	if p.request != nil {
		p.full = append(p.full, p.request)
		p.request = nil
	}
}

// Release lets the tick's requests go. Streams come and go before anything is added in a tick, so there is one.
func (p *Peer[Q]) Release() {
	p.Seal()
	for _, request := range p.full {
		p.up.flying.Add(int64(p.wire.Operations(request)))
		// There is room: only this goroutine sends, and it counted before.
		p.up.out <- request
	}
	p.full = p.full[:0]
}

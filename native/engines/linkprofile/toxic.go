package linkprofile

import (
	"math/rand/v2"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
)

const (
	typeName = "link-profile"
	// Chunks are at most 32 KB; those that wait for their time lie here, and beyond it in the kernel.
	bufferChunks = 1024
	// A chunk for a connection that has ended is given up after that: nobody may be left to read it.
	flushBound = 5 * time.Second
)

// Toxic is what Toxiproxy sees; both attributes are set by Install.
type Toxic struct {
	Link      string `json:"link"`
	Direction int    `json:"direction"`
}

func init() {
	toxics.Register(typeName, new(Toxic))
}

// GetBufferSize is in chunks.
func (t *Toxic) GetBufferSize() int { return bufferChunks }

// NewState is called once per connection and direction.
func (t *Toxic) NewState() any {
	found, known := links.Load(t.Link)
	if !known || t.Direction < upstream || t.Direction > downstream {
		return nil
	}
	return found.(*Link).connect(t.Direction)
}

// connection is one direction of one connection. Pipe owns it: of a stub there is one at a time.
type connection struct {
	link    *Link
	flow    *flow
	ordinal uint64
	pair    *pair
	random  *rand.Rand
	losses  losses
	// The chunk that waits for its release, kept over an interruption.
	pending *pending
	// When the last chunk was to be released, and when the last byte would have left at the bandwidth.
	last, sent time.Time
}

type pending struct {
	chunk *stream.StreamChunk
	shape *shape
	// release is the earliest moment; a tail loss may put it off to tail.
	release, tail time.Time
	late          late
	waited        bool
}

// Pipe passes chunks on in order, each at its time, until the connection ends or it is interrupted.
func (t *Toxic) Pipe(stub *toxics.ToxicStub) {
	c, ours := stub.State.(*connection)
	if !ours {
		new(toxics.NoopToxic).Pipe(stub)
		return
	}
	for {
		if c.pending == nil {
			select {
			case <-stub.Interrupt:
				return
			case chunk := <-stub.Input:
				if chunk == nil {
					if c.waitToClose(stub) {
						c.link.disconnect(c)
						stub.Close()
					}
					return
				}
				c.pending = &pending{chunk: chunk}
			}
		}
		if !c.wait(stub) || !c.pass(stub) {
			return
		}
	}
}

// Cleanup hands on what waits, when the toxic is removed.
func (t *Toxic) Cleanup(stub *toxics.ToxicStub) {
	if c, ours := stub.State.(*connection); ours && c.pending != nil {
		if stub.WriteOutput(c.pending.chunk, flushBound) == nil {
			c.pending = nil
		}
	}
}

// plan draws what the profile does to the chunk. A profile that is swapped draws anew.
func (c *connection) plan(s *shape) {
	p := c.pending
	p.shape = s
	p.late = late{}
	if s.clear() {
		return
	}
	if s.Blackhole {
		c.flow.held.Add(1)
		return
	}
	leaves := p.chunk.Timestamp
	if s.BitsPerS > 0 {
		if c.sent.After(leaves) {
			leaves = c.sent
		}
		bits := float64(8 * len(p.chunk.Data))
		leaves = leaves.Add(time.Duration(bits / s.BitsPerS * float64(time.Second)))
		c.sent = leaves
	}
	arrives := leaves.Add(s.delay(c.random))
	p.late = c.losses.draw(s.Profile, len(p.chunk.Data), c.random)
	p.release = later(arrives.Add(p.late.fast), c.last)
	p.tail = p.release
	if p.late.lost && !p.late.sure {
		p.tail = later(arrives.Add(p.late.tail), c.last)
	}
}

func later(left, right time.Time) time.Time {
	if left.After(right) {
		return left
	}
	return right
}

// wait returns true when the chunk is due, false when it was interrupted.
func (c *connection) wait(stub *toxics.ToxicStub) bool {
	p := c.pending
	for {
		if s := c.flow.shape.Load(); s != p.shape {
			c.plan(s)
		}
		if p.shape.clear() {
			return true
		}
		var due <-chan time.Time
		if !p.shape.Blackhole {
			left := time.Until(p.release)
			if left <= 0 {
				if p.tail.After(p.release) && len(stub.Input) == 0 {
					// Nothing has followed that could have told of the loss.
					p.release = p.tail
					continue
				}
				c.last = p.release
				return true
			}
			timer := time.NewTimer(left)
			due = timer.C
		}
		p.waited = true
		select {
		case <-due:
		case <-p.shape.changed:
		case <-stub.Interrupt:
			return false
		}
	}
}

// pass hands the chunk on; false: interrupted, or given up because the connection has ended.
func (c *connection) pass(stub *toxics.ToxicStub) bool {
	select {
	case stub.Output <- c.pending.chunk:
		c.count()
		return true
	case <-stub.Interrupt:
		return false
	case <-c.pair.over:
	}
	bound := time.NewTimer(flushBound)
	defer bound.Stop()
	select {
	case stub.Output <- c.pending.chunk:
		c.count()
		return true
	case <-stub.Interrupt:
		return false
	case <-bound.C:
		c.pending = nil
		c.giveUp(stub)
		return false
	}
}

// giveUp lets the reader of a connection that has ended run to its end; Toxiproxy itself would leave it.
func (c *connection) giveUp(stub *toxics.ToxicStub) {
	for {
		select {
		case chunk := <-stub.Input:
			if chunk == nil {
				c.link.disconnect(c)
				stub.Close()
				return
			}
		case <-stub.Interrupt:
			return
		}
	}
}

// waitToClose: the end of a connection passes no blackhole either. False when interrupted.
func (c *connection) waitToClose(stub *toxics.ToxicStub) bool {
	for {
		s := c.flow.shape.Load()
		if !s.Blackhole {
			return true
		}
		select {
		case <-s.changed:
		case <-c.pair.over:
			return true
		case <-stub.Interrupt:
			return false
		}
	}
}

func (c *connection) count() {
	p, flow := c.pending, c.flow
	c.pending = nil
	flow.chunks.Add(1)
	flow.bytes.Add(uint64(len(p.chunk.Data)))
	flow.delays.add(time.Since(p.chunk.Timestamp))
	if p.waited && !p.shape.base {
		flow.delayed.Add(1)
	}
	switch {
	case !p.late.lost:
	case p.late.sure || p.release.Before(p.tail):
		flow.fastStalls.Add(1)
	default:
		flow.tailStalls.Add(1)
	}
}

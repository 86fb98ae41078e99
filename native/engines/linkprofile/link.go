// Package linkprofile is the one toxic of hunt's Toxiproxy. It delays what passes, and what counts as lost it
// makes late, as TCP would: it never drops a byte, since a proxy that does corrupts the stream. It is
// installed on both directions of every link from the beginning, and its profile is swapped by an atomic
// pointer; so no connection is touched when a fault begins or ends. docs/links.md has the model.
package linkprofile

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
)

// Link is one proxy of ours with its toxic in both directions.
type Link struct {
	name string
	// proxy is its name in Toxiproxy's own API.
	proxy string
	seed  uint64
	// base is what the link is like while no fault acts on it: the network behind it.
	base Profile
	// By direction.
	flows [2]*flow
	mu    sync.Mutex
	// pairs are the connections of which one direction at least goes on, by ordinal.
	pairs map[uint64]*pair
}

// Directions, as Toxiproxy calls them: upstream goes from the client to the server.
const (
	upstream = iota
	downstream
)

var directions = [2]string{"upstream", "downstream"}

// flow is one direction of a link: what holds, and what passed.
type flow struct {
	shape       atomic.Pointer[shape]
	connections atomic.Uint64
	open        atomic.Int64
	bytes       atomic.Uint64
	chunks      atomic.Uint64
	// Chunks that a fault's profile made wait (the base does not count), and those that met a blackhole.
	delayed    atomic.Uint64
	held       atomic.Uint64
	fastStalls atomic.Uint64
	tailStalls atomic.Uint64
	delays     histogram
}

// shape is a profile and the news that it holds no longer.
type shape struct {
	Profile
	base    bool
	changed chan struct{}
}

func (l *Link) newShape(p Profile) *shape {
	if p.clear() {
		return &shape{Profile: l.base, base: true, changed: make(chan struct{})}
	}
	return &shape{Profile: p, changed: make(chan struct{})}
}

// pair is one connection; over is closed when one of its directions has ended.
type pair struct {
	over  chan struct{}
	ended int
}

// links finds what a toxic belongs to: Toxiproxy makes toxics of attributes, which are data.
var links sync.Map

// Install makes the link's toxics on a proxy that is not started yet. The base holds while no other
// profile is set. The link's name is its id in the topology, the proxy's is safe in a path.
func Install(proxy *toxiproxy.Proxy, name string, seed uint64, base Profile) (*Link, error) {
	if err := base.check(); err != nil {
		return nil, fmt.Errorf("the base profile of %s: %w", name, err)
	}
	link := &Link{name: name, proxy: proxy.Name, seed: seed, base: base, pairs: map[uint64]*pair{}}
	for direction, way := range directions {
		link.flows[direction] = &flow{}
		link.flows[direction].shape.Store(link.newShape(Profile{}))
		text, err := json.Marshal(map[string]any{
			"name": typeName + "_" + way, "type": typeName, "stream": way, "toxicity": 1,
			"attributes": Toxic{Link: name, Direction: direction},
		})
		if err != nil {
			return nil, err
		}
		if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(string(text))); err != nil {
			return nil, fmt.Errorf("the toxic of %s: %w", name, err)
		}
	}
	links.Store(name, link)
	return link, nil
}

// Name is the link's id in the topology.
func (l *Link) Name() string { return l.name }

// Set swaps the profile of both directions; one that holds one way only leaves the other with the base, as
// the zero profile leaves both. What is held is judged anew, by the new profile.
func (l *Link) Set(p Profile) error {
	if err := p.check(); err != nil {
		return err
	}
	for direction, flow := range l.flows {
		own := p
		if p.Direction != "" && p.Direction != directions[direction] {
			own = Profile{}
		}
		close(flow.shape.Swap(l.newShape(own)).changed)
	}
	return nil
}

// connect counts a connection's direction; those of one connection are started one after the other, so
// that both have the same ordinal.
func (l *Link) connect(direction int) *connection {
	flow := l.flows[direction]
	ordinal := flow.connections.Add(1)
	flow.open.Add(1)
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(l.name))
	return &connection{
		link: l, flow: flow, ordinal: ordinal, pair: l.pairOf(ordinal),
		random: rand.New(rand.NewPCG(l.seed^hash.Sum64(), ordinal<<1|uint64(direction))),
	}
}

func (l *Link) pairOf(ordinal uint64) *pair {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, known := l.pairs[ordinal]
	if !known {
		found = &pair{over: make(chan struct{})}
		l.pairs[ordinal] = found
	}
	return found
}

func (l *Link) disconnect(c *connection) {
	c.flow.open.Add(-1)
	l.mu.Lock()
	defer l.mu.Unlock()
	c.pair.ended++
	if c.pair.ended == 1 {
		close(c.pair.over)
		return
	}
	delete(l.pairs, c.ordinal)
}

// Counters of one direction, all since the start but OpenConnections.
type Counters struct {
	Connections     uint64      `json:"connections"`
	OpenConnections int64       `json:"openConnections"`
	Bytes           uint64      `json:"bytes"`
	Chunks          uint64      `json:"chunks"`
	Delayed         uint64      `json:"delayed"`
	Held            uint64      `json:"held"`
	FastStalls      uint64      `json:"fastStalls"`
	TailStalls      uint64      `json:"tailStalls"`
	DelaysUs        [][2]uint64 `json:"delaysUs"`
}

// State is a link as GET /hunt/links tells of it.
type State struct {
	Name string `json:"name"`
	// Proxy is the link's name in Toxiproxy's own API.
	Proxy string `json:"proxy"`
	// Base is absent where nothing lies behind the link.
	Base *Profile `json:"base,omitempty"`
	// Profile is null while only the base holds.
	Profile    *Profile `json:"profile"`
	Upstream   Counters `json:"upstream"`
	Downstream Counters `json:"downstream"`
}

// State reads the counters; each is right, together they may be of moments that are microseconds apart.
func (l *Link) State() State {
	state := State{
		Name:       l.name,
		Proxy:      l.proxy,
		Upstream:   l.flows[upstream].counters(),
		Downstream: l.flows[downstream].counters(),
	}
	if !l.base.clear() {
		state.Base = &l.base
	}
	for _, flow := range l.flows {
		if shape := flow.shape.Load(); !shape.base {
			state.Profile = &shape.Profile
		}
	}
	return state
}

func (f *flow) counters() Counters {
	return Counters{
		Connections: f.connections.Load(), OpenConnections: f.open.Load(),
		Bytes: f.bytes.Load(), Chunks: f.chunks.Load(),
		Delayed: f.delayed.Load(), Held: f.held.Load(),
		FastStalls: f.fastStalls.Load(), TailStalls: f.tailStalls.Load(),
		DelaysUs: f.delays.counts(),
	}
}

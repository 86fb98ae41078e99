package main

// readingsMax bounds what is kept for somebody who does not ask: the last five seconds.
const readingsMax = 50

// answer is the document of GET /sockets.
type answer struct {
	Ports  []portFacts  `json:"ports"`
	Queues []queueFacts `json:"queues"`
}

// portFacts sums over both ends of the connections to a port, as far as they are on this machine.
type portFacts struct {
	Port    uint16 `json:"port"`
	Sockets int    `json:"sockets"`
	// Segments, those of connections that have ended included.
	Retransmits  uint64 `json:"retransmits"`
	NotSentBytes uint64 `json:"notSentBytes"`
	RttMaxUs     uint32 `json:"rttMaxUs"`
}

// queueFacts is one reading; its lists are in the order of the ports.
type queueFacts struct {
	// By the clock that all processes of the machine share.
	AtMonotonicMs int64 `json:"atMonotonicMs"`
	// On their way to whoever listens on the port: the clients' send queues and its receive queues.
	InBytes []uint64 `json:"inBytes"`
	// On their way from it: its send queues and the clients' receive queues.
	OutBytes []uint64 `json:"outBytes"`
}

// tally keeps what a single reading can't tell: the retransmits of connections that have ended (as of
// their last reading), and the queues since the last answer.
type tally struct {
	ports  []uint16
	index  map[uint16]int
	open   map[uint64]lastSeen
	closed []uint64
	facts  []portFacts
	queues []queueFacts
}

type lastSeen struct {
	port        int
	retransmits uint32
}

func newTally(ports []uint16) *tally {
	t := &tally{
		ports:  ports,
		index:  make(map[uint16]int, len(ports)),
		closed: make([]uint64, len(ports)),
	}
	for at, port := range ports {
		t.index[port] = at
	}
	return t
}

func (t *tally) add(nowUs int64, sockets []socket) {
	open := make(map[uint64]lastSeen, len(t.open))
	facts := make([]portFacts, len(t.ports))
	queue := queueFacts{
		AtMonotonicMs: nowUs / 1000,
		InBytes:       make([]uint64, len(t.ports)),
		OutBytes:      make([]uint64, len(t.ports)),
	}
	for _, each := range sockets {
		at, serverEnd := t.index[each.local]
		if !serverEnd {
			var clientEnd bool
			if at, clientEnd = t.index[each.remote]; !clientEnd {
				continue
			}
		}
		toPort, fromPort := each.sendQ, each.receiveQ
		if serverEnd {
			toPort, fromPort = each.receiveQ, each.sendQ
		}
		queue.InBytes[at] += uint64(toPort)
		queue.OutBytes[at] += uint64(fromPort)
		port := &facts[at]
		port.Sockets++
		port.Retransmits += uint64(each.retransmits)
		port.NotSentBytes += uint64(each.notSent)
		port.RttMaxUs = max(port.RttMaxUs, each.rttUs)
		open[each.cookie] = lastSeen{at, each.retransmits}
	}
	for cookie, last := range t.open {
		if _, still := open[cookie]; !still {
			t.closed[last.port] += uint64(last.retransmits)
		}
	}
	for at := range facts {
		facts[at].Port = t.ports[at]
		facts[at].Retransmits += t.closed[at]
	}
	t.open, t.facts = open, facts
	if len(t.queues) == readingsMax {
		t.queues = t.queues[1:]
	}
	t.queues = append(t.queues, queue)
}

// take hands the queues over; add was called before.
func (t *tally) take() answer {
	taken := answer{Ports: t.facts, Queues: t.queues}
	t.queues = nil
	return taken
}

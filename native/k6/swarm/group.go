package swarm

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"hunt/native/k6/ledger"
	"hunt/native/k6/plan"
	"hunt/native/k6/recorder"
	"hunt/native/k6/sessions/sessionplan"
	"hunt/native/k6/sessionspb"
)

const (
	// tickEvery is how often a group looks while it has something open or due; idleTick is the
	// longest it sleeps otherwise.
	tickEvery = time.Millisecond
	idleTick  = 10 * time.Millisecond
)

// never is a moment before every run.
const never = -1 << 62

// resendAfterUs is the pause before an operation that was sent once, twice, ... is sent again.
// Ownership may be on its way for a second; a client that asks back and forth at once only adds load.
var resendAfterUs = [...]int64{0, 10_000, 50_000, 200_000}

// shared is what all groups of a swarm use.
type shared struct {
	plan      *sessionplan.Plan
	timeoutUs [2]int64 // by action
	weights   []float64
	recorder  *recorder.Recorder
	clock     *clock
	// stopAtUs is the moment from which no arrival counts, endAtUs the one at which open actions
	// are given up. Both are lowered when the run is stopped.
	stopAtUs, endAtUs         atomic.Int64
	resent, moved, reconnects atomic.Int64
	keepAlives                atomic.Int64 // players that said so, not messages
	readsBack, readsStale     atomic.Int64
	compared                  readTally
}

// gateway is one gateway as its group sees it.
type gateway struct {
	up      *stream // nil while not connected
	request *sessionspb.PlayRequest
	full    []*sessionspb.PlayRequest
	waiting fifo[mark]
}

// room is how many more operations this tick can give the stream without waiting.
func (g *gateway) room() int {
	if g.up == nil {
		return 0
	}
	messages := cap(g.up.out) - len(g.up.out) - len(g.full)
	if g.request != nil {
		return messages*messageOperations - len(g.request.Operations)
	}
	return messages * messageOperations
}

// group is a part of the players. One goroutine owns everything here: it ticks, and nothing in a
// tick waits for a peer. Streams and read connections run beside it and report to the inbox.
type group struct {
	*shared
	// Where the group's network is: the same nodes for every group, by other addresses.
	services []plan.Service
	proxies  []plan.Service
	book     recorder.Book
	ledger   *ledger.Ledger
	arrivals *sessionplan.Arrivals
	// members are the indexes of the players in the plan, by place; places the other way round.
	members  []int32
	places   []int32
	players  []player
	names    []string
	diggers  []int32 // players with an acknowledged dig
	table    table
	timeouts [2]fifo[mark] // by action, in order of intended start
	ready    fifo[mark]    // to be sent in this tick
	backing  [len(resendAfterUs)]fifo[backed]
	gateways []gateway
	inbox    inbox
	reader   *reader
	readsIn  int // reads that are with a connection
	reads    fifo[mark]
	jobs     []readJob // reads of this tick
	records  []byte    // for the ledger
	keeping  keeping
	links    sync.WaitGroup
	stop     context.CancelFunc
}

// backed is an operation that waits to be sent again.
type backed struct {
	mark mark
	atUs int64
}

func newGroup(s *shared, index int) *group {
	members := s.plan.Members(index)
	places := make([]int32, s.plan.MaxPlayers())
	for player := range places {
		places[player] = none
	}
	for place, player := range members {
		places[player] = int32(place)
	}
	players, names := newPlayers(s.plan, members)
	services, proxies := s.plan.Services(index)
	return &group{
		shared: s, services: services, proxies: proxies, book: s.recorder.Book(0, index),
		arrivals: sessionplan.NewArrivals(s.plan, s.weights), members: members, places: places,
		players: players, names: names, table: newTable(), gateways: make([]gateway, len(services)),
	}
}

// connect starts streams and read connections; close ends them.
func (g *group) connect(ctx context.Context) error {
	ctx, g.stop = context.WithCancel(ctx)
	owners := map[string]int8{}
	for i, service := range g.services {
		owners[service.Name] = int8(i)
	}
	for i, service := range g.services {
		l := &link{
			index: int8(i), service: service, owners: owners, clock: g.clock, inbox: &g.inbox,
			reconnects: &g.reconnects,
		}
		g.links.Go(func() { l.run(ctx) })
	}
	var err error
	g.reader, err = newReader(ctx, g.clock, &g.inbox, g.proxies, g.plan.ReadProtocol)
	return err
}

func (g *group) close() {
	g.stop()
	g.links.Wait()
	g.reader.close()
}

// awaitGateways returns when every gateway is connected, or when it is told to give up.
func (g *group) awaitGateways(halted <-chan struct{}, within time.Duration) error {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	deadline := time.After(within)
	for {
		g.listen(g.clock.nowUs())
		missing := ""
		for i := range g.gateways {
			if g.gateways[i].up == nil {
				missing = g.services[i].Name + " (" + g.services[i].Address + ")"
			}
		}
		if missing == "" {
			return nil
		}
		select {
		case <-halted:
			return nil
		case <-deadline:
			return fmt.Errorf("no stream to %s after %v", missing, within)
		case <-ticker.C:
		}
	}
}

// play ticks until nothing is open and nothing more is due. An error of the ledger ends it at once.
func (g *group) play() error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		<-timer.C
		nowUs := g.clock.nowUs()
		if err := g.tick(nowUs); err != nil {
			g.giveUp(nowUs)
			return err
		}
		dueUs, more := g.arrivals.NextAtUs()
		if (!more || dueUs >= g.stopAtUs.Load()) && g.table.actions == 0 {
			return g.finish(nowUs)
		}
		if nowUs >= g.endAtUs.Load() {
			g.giveUp(nowUs)
			return g.finish(nowUs)
		}
		nextUs := nowUs + tickEvery.Microseconds()
		if g.table.actions == 0 && more {
			nextUs = max(nextUs, min(dueUs, nowUs+idleTick.Microseconds()))
		}
		timer.Reset(g.clock.until(nextUs))
	}
}

func (g *group) tick(nowUs int64) error {
	g.listen(nowUs)
	g.expire(nowUs)
	g.resendDue(nowUs)
	g.serveWaiting(nowUs)
	g.serveReady(nowUs)
	g.admitDue(nowUs)
	g.keepAlive(nowUs)
	return g.flush()
}

// flush writes the tick's attempts and outcomes to the ledger, and only then lets its operations and reads go.
func (g *group) flush() error {
	if len(g.records) > 0 {
		err := g.ledger.Write(g.records)
		g.records = g.records[:0]
		if err != nil {
			return err
		}
	}
	for _, job := range g.jobs {
		g.reader.jobs <- job
	}
	g.jobs = g.jobs[:0]
	for i := range g.gateways {
		gw := &g.gateways[i]
		if gw.request != nil {
			gw.full = append(gw.full, gw.request)
			gw.request = nil
		}
		for _, request := range gw.full {
			gw.up.flying.Add(int64(len(request.Operations)))
			// There is room: only this goroutine sends, and it counted before.
			gw.up.out <- request
		}
		gw.full = gw.full[:0]
	}
	return nil
}

// giveUp ends everything that is open as it stands.
func (g *group) giveUp(nowUs int64) {
	g.stopAtUs.Store(never)
	for action := range g.timeouts {
		for queue := &g.timeouts[action]; queue.len() > 0; {
			if e := g.table.find(queue.first()); e != nil {
				g.unanswered(queue.first().index, nowUs)
				continue
			}
			queue.pop()
		}
	}
}

// finish writes what became of the openings that were never acknowledged.
func (g *group) finish(nowUs int64) error {
	for i := range g.players {
		index := g.players[i].opening
		if index == none {
			continue
		}
		outcome := ledger.Fail
		if e := &g.table.entries[index]; e.maybe || e.state == flying {
			outcome = ledger.Unknown
		}
		g.writeOutcome(&g.table.entries[index], outcome, 0, nowUs)
	}
	return g.flush()
}

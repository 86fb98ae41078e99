package fakelane

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"syscall"
	"time"

	"hunt/native/k6/ledger"
	"hunt/native/k6/plan"
	"hunt/native/k6/swarm/group"
	"hunt/native/k6/swarm/outlet"
	"hunt/native/k6/swarm/queue"
)

// atOnce is how many requests a group has under way.
const atOnce = 16

// traffic is what a group of the lane does. A player is an actor.
type traffic struct {
	*arrivals
	*group.Group
	service   plan.Service
	sequences []uint32 // of the players' marks
	revisions []uint32 // that were answered, by the index of the entry
	calls     *outlet.Calls[job, answer]
	waiting   queue.FIFO[group.Mark]
	inbox     queue.Inbox[event]
	ready     bool
	client    http.Client
	stop      context.CancelFunc
}

type job struct {
	action           uint8
	player, sequence uint32
}

type answer struct {
	outcome  uint8
	revision uint32
}

// event is an answer, or with no mark that the service is there.
type event struct {
	answer
	of    *group.Mark
	atUs  int64
	ready bool
}

// Traffic is what a group does.
func (p *play) Traffic(g *group.Group) group.Traffic {
	t := &traffic{
		arrivals: newArrivals(p), Group: g, service: p.Plan.TargetsOf(p.Lane, g.Index)["services"][0],
		sequences: make([]uint32, len(g.Members)),
		client:    http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}},
	}
	for range g.Members {
		g.AddActor() // numbered as the places
	}
	return t
}

// Connect waits beside the group for the service.
func (t *traffic) Connect(ctx context.Context) error {
	ctx, t.stop = context.WithCancel(ctx)
	with := func(int) outlet.Do[job, answer] { return t.do }
	t.calls = outlet.StartCalls(ctx, t.Clock, atOnce, with, func(m group.Mark, a answer, atUs int64) {
		t.inbox.Put(event{answer: a, of: &m, atUs: atUs})
	})
	t.AddOutlet(t.calls)
	go func() {
		for ctx.Err() == nil {
			if response, err := t.client.Get("http://" + t.service.Address + "/healthz"); err == nil {
				response.Body.Close()
				t.inbox.Put(event{ready: true})
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	return nil
}

// Missing is the service until it answered.
func (t *traffic) Missing() string {
	if t.ready {
		return ""
	}
	return t.service.Name + " (" + t.service.Address + ")"
}

// Close ends what Connect started.
func (t *traffic) Close() {
	t.stop()
	t.calls.Wait()
	t.client.CloseIdleConnections()
}

// Admit takes every arrival as it is.
func (t *traffic) Admit(arrival plan.Arrival, place int32) (group.Admission, bool) {
	return group.Admission{Action: arrival.Action, Place: place, Actor: place}, true
}

// Take has nothing to draw.
func (t *traffic) Take(index int32, arrival plan.Arrival) {
	e := t.Entry(index)
	e.Device, e.Kind, e.Ledgered = 1, 1, arrival.Action == mark
	for int(index) >= len(t.revisions) {
		t.revisions = append(t.revisions, 0)
	}
	t.revisions[index] = 0
}

// Start asks the service.
func (t *traffic) Start(index int32, nowUs int64) {
	if !t.calls.HasRoom() {
		t.Wait(index, &t.waiting, nowUs)
		return
	}
	e := t.Entry(index)
	if e.Action() == mark {
		t.sequences[e.Place]++
		e.Sequence = t.sequences[e.Place]
	}
	t.Send(index, nowUs)
	t.calls.Give(t.Mark(index), e.IntendedUs+t.TimeoutsUs[e.Action()], job{
		action: e.Action(), player: uint32(t.Members[e.Place]), sequence: e.Sequence,
	})
}

// Listen takes the answers.
func (t *traffic) Listen(int64) {
	for _, ev := range t.inbox.Take() {
		if ev.of == nil {
			t.ready = ev.ready
			continue
		}
		t.calls.Taken()
		if t.Find(*ev.of) != nil {
			t.revisions[ev.of.Index] = ev.revision
			t.End(ev.of.Index, ev.outcome, ev.atUs, ev.outcome != ledger.Unknown)
		}
	}
}

// Serve has what waits go on.
func (t *traffic) Serve(nowUs int64) {
	for t.waiting.Len() > 0 && t.calls.HasRoom() {
		t.Resume(t.waiting.Pop(), nowUs)
	}
}

// Tick, Ended and Finish have nothing to do.
func (t *traffic) Tick(int64)                {}
func (t *traffic) Ended(int32, uint8, int64) {}
func (t *traffic) Finish(int64)              {}

// AppendPayload has the answered revision.
func (t *traffic) AppendPayload(buffer []byte, index int32, outcome uint8) []byte {
	if outcome != ledger.OK {
		return appendPayload(buffer, 0)
	}
	return appendPayload(buffer, t.revisions[index])
}

// do asks once. What was refused is certainly not applied; of anything else without an answer nobody knows.
func (t *traffic) do(ctx context.Context, j job, deadline time.Time) answer {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	response, err := t.client.Do(t.request(ctx, j))
	if errors.Is(err, syscall.ECONNREFUSED) {
		return answer{outcome: ledger.Fail}
	}
	if err == nil {
		defer response.Body.Close()
		var said struct{ Revision uint32 }
		switch {
		case response.StatusCode == http.StatusOK && json.NewDecoder(response.Body).Decode(&said) == nil:
			return answer{ledger.OK, said.Revision}
		case response.StatusCode == http.StatusBadRequest || response.StatusCode == http.StatusNotFound:
			return answer{outcome: ledger.Fail}
		}
	}
	if j.action == look && ctx.Err() == nil {
		return answer{outcome: ledger.Fail}
	}
	return answer{outcome: ledger.Unknown}
}

func (t *traffic) request(ctx context.Context, j job) *http.Request {
	at := "http://" + t.service.Address
	method, url, body := http.MethodGet, fmt.Sprintf("%s/read?player=%d", at, j.player), ""
	if j.action == mark {
		method, url = http.MethodPost, at+"/write"
		body = fmt.Sprintf(`{"player":%d,"sequence":%d}`, j.player, j.sequence)
	}
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewBufferString(body))
	if err != nil {
		panic(err) // an address that is none: the test's fault
	}
	return request
}

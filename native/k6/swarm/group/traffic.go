package group

import (
	"context"

	"hunt/native/k6/plan"
)

// Action is one of a lane's actions.
type Action struct {
	// Name in the plan; it is counted as `LANE.name`.
	Name string
	// Read tells an action that changes nothing: its records in the ledger have types of their own.
	Read bool
}

// Traffic is what a lane does for one group. The group's goroutine alone calls it, and nothing in it may wait
// for a peer: connections run beside the group and report to the lane's inbox.
//
// An action is an entry of the group's table, named by its index. It lives from Take to Ended.
type Traffic interface {
	// Connect begins to reach the lane's targets until Close. Missing names one that is not connected yet.
	Connect(ctx context.Context) error
	Missing() string
	Close()

	Arrivals
	// Admit says what an arrival is: whose, and which action; false if it is not drawn, and not counted.
	Admit(arrival plan.Arrival, place int32) (Admission, bool)
	// Take makes the operation of an arrival that was admitted as an entry.
	Take(index int32, arrival plan.Arrival)

	// Start has an action sent, whose actor is free or which is due to be sent again: by Group.Send, with what
	// is sent given to an outlet. It may also have it wait (Group.Wait), or end it (Group.End).
	Start(index int32, nowUs int64)
	// Listen takes what the connections reported since the last tick.
	Listen(nowUs int64)
	// Serve has the waiting actions go on for which there is room (Group.Resume).
	Serve(nowUs int64)
	// Tick comes last in each tick, for what is no action: keep-alives.
	Tick(nowUs int64)
	// Ended tells that an action is over; its entry is free afterwards. Answered by what, Listen knows.
	Ended(index int32, outcome uint8, atUs int64)
	// Finish ends what is open beside the actions, at the end of the group's part.
	Finish(nowUs int64)

	// AppendPayload encodes the lane's part of a record in the ledger; outcome is 0 for an attempt.
	AppendPayload(buffer []byte, index int32, outcome uint8) []byte
}

// Arrivals are a lane's, of all players, in order of time.
type Arrivals interface {
	// Next returns the next arrival that is due by untilUs.
	Next(untilUs int64) (plan.Arrival, bool)
	// NextAtUs is when the next arrival is due; false after the last one.
	NextAtUs() (int64, bool)
}

// Admission is an arrival as the group takes it.
type Admission struct {
	// Action is its place among the lane's.
	Action uint8
	// Place of the player among the group's.
	Place int32
	// Actor has one action outstanding; further ones wait for it. NoActor: the action waits for none.
	Actor int32
}

// NoActor is an action's that waits for no other.
const NoActor int32 = -1

// Outlet is what a lane sends by. What it was given in a tick leaves with Release, which the group calls once the
// tick's attempts are in the ledger; nobody else does.
type Outlet interface {
	Release()
}

package main

import (
	"fmt"
	"math"
	"time"

	"github.com/anishathalye/porcupine"
)

// held is the state of a session: how many operations it was given, and its revision, which a gateway
// that closes it counts up as well.
type held struct{ count, revision uint32 }

type kind int

const (
	apply      kind = iota // an acknowledged operation
	applyMaybe             // one that may have been applied or not
	closeMaybe             // the gateway may close a session that idles
	finalRead
)

type input struct {
	kind   kind
	action action
}

// sessionModel is nondeterministic where nobody knows what happened.
var sessionModel = (&porcupine.NondeterministicModel{
	Init: func() []any { return []any{held{}} },
	Step: func(state, in, out any) []any {
		s, i := state.(held), in.(input)
		next := held{s.count + 1, s.revision + 1}
		switch i.kind {
		case apply:
			// An operation that was sent again is answered with the session's revision of that moment.
			again := i.action.sends > 1 && i.action.revision > next.revision
			if next.revision != i.action.revision && !again {
				return nil
			}
			return []any{next}
		case applyMaybe:
			return []any{s, next}
		case closeMaybe:
			return []any{s, held{s.count, s.revision + 1}}
		}
		if s != out.(held) {
			return nil
		}
		return []any{s}
	},
}).ToModel()

// check decides session by session until the deadline; a session that nobody wrote to says nothing, and a hard
// one leaves time for the others.
func check(histories []*history, deadline time.Time) report {
	longest := time.Until(deadline) / 8
	r := report{Outcome: "held"}
	undecided := 0
	for _, h := range histories {
		if len(h.actions) == 0 {
			continue
		}
		left := time.Until(deadline)
		if left <= 0 {
			undecided++
			continue
		}
		switch porcupine.CheckOperationsTimeout(sessionModel, h.operations(), min(left, longest)) {
		case porcupine.Ok:
			r.add(h)
		case porcupine.Illegal:
			r.Outcome = "broken"
			r.Violations++
			r.add(h)
			if r.Example == "" {
				r.Example = h.describe()
			}
		case porcupine.Unknown:
			undecided++
		}
	}
	switch {
	case r.Outcome == "broken":
	case undecided > 0:
		r.Outcome, r.Reason = "unknown", fmt.Sprintf("%d of %d sessions could not be decided in time", undecided, r.Sessions+undecided)
	case r.Sessions == 0:
		r.Outcome, r.Reason = "unknown", "there was no session to check"
	}
	return r
}

func (r *report) add(h *history) {
	r.Sessions++
	r.Operations += len(h.actions)
	if h.devices > 1 {
		r.OfTwoDevices++
	}
}

// operations is the history as porcupine takes it: what has no known end may take effect at any time.
func (h *history) operations() []porcupine.Operation {
	const end = math.MaxInt64 - 2
	all := []porcupine.Operation{{ClientId: 1 << 20, Input: input{kind: closeMaybe}, Call: math.MinInt64 / 2, Return: end}}
	for i, a := range h.actions {
		in, until := input{apply, a}, a.endUs
		switch {
		case a.endUs == 0:
			in.kind, until = applyMaybe, end
		case !a.acknowledged:
			continue // refused: it has no effect
		}
		all = append(all, porcupine.Operation{ClientId: i, Input: in, Call: a.sentUs, Return: max(until, a.sentUs+1)})
	}
	final := held{}
	if h.exists {
		final = held{h.count, h.revision}
	}
	return append(all, porcupine.Operation{
		ClientId: 1<<20 + 1, Input: input{kind: finalRead}, Output: final, Call: end + 1, Return: end + 2,
	})
}

func (h *history) describe() string {
	acknowledged, unknown := 0, 0
	for _, a := range h.actions {
		switch {
		case a.endUs == 0:
			unknown++
		case a.acknowledged:
			acknowledged++
		}
	}
	from := ""
	if h.devices > 1 {
		from = fmt.Sprintf(", played from %d devices", h.devices)
	}
	return fmt.Sprintf(
		"Session s-%09d%s: no order of its %d acknowledged and %d unknown operations gives the revisions that its player was answered and the state that was read at the end (revision %d with %d operations).",
		h.player, from, acknowledged, unknown, h.revision, h.count)
}

package sessions

import (
	"context"
	"fmt"
	"hunt/native/k6/sessions/sessionplan"
	"hunt/native/k6/swarm"
	"hunt/native/k6/swarm/group"
	"sync"

	"hunt/native/k6/ledger"
	"hunt/native/k6/recorder"
	"hunt/native/k6/sessions/operation"
)

// PlainPlayer is a player that plain k6 JavaScript plays, in a VU of its own: the cross-check of the swarm
// (src/scenarios/k6/plain.js). The script connects, keeps the time, sends, sends again and reads.
// This side knows when the player's actions are due, and books what the script says became of them, so
// that frames and ledger are those of any other run.
type PlainPlayer struct {
	*play
	part     *swarm.Scripted
	player   player
	timeline []due
	opening  operation.Operation
	left     func() bool // stops watching the VU

	mu       sync.Mutex
	booked   []booked // by place in the timetable
	openSent bool
	begun    bool
	gone     bool
}

// booked is what was said of an action so far.
type booked struct {
	intended, sent, done bool
	device               uint8
	sequence, digest     uint32
	asked                uint32 // by a read
	expected             expected
	sentUs, blockedUs    int64
}

// Due is one action of the player, for JavaScript.
type Due struct {
	// AtMs is the intended start in milliseconds since run second 0.
	AtMs float64 `js:"atMs"`
	Read bool    `js:"read"`
	// Device that does it; 1 while the session is not open.
	Device int `js:"device"`
	// Kind and Fields of a dig's operation, as docs/session-log-format.md numbers them.
	Kind   int      `js:"kind"`
	Fields []uint32 `js:"fields"`
}

// newPlainPlayer begins with the player of a group that has no other one.
func newPlainPlayer(ctx context.Context, part *swarm.Scripted) (any, error) {
	p, index := part.Play.(*play), part.Index
	if !p.plan.GroupPerPlayer() || index >= p.plan.MaxPlayers() {
		return nil, fmt.Errorf("hunt: no plain player %d in a plan of %d players in %d groups", index, p.plan.MaxPlayers(), p.plan.Groups)
	}
	p.timetable.Do(func() { p.timetables = timetables(p.plan, p.Weights) })
	noActor := func() int32 { return group.NoActor }
	plain := &PlainPlayer{
		play: p, part: part, player: newPlayer(p.plan, index, noActor), timeline: p.timetables[index],
		opening: operation.Open(p.plan.Seed, index), booked: make([]booked, len(p.timetables[index])),
	}
	plain.left = context.AfterFunc(ctx, func() {
		part.CutOff()
		plain.leave()
	})
	return plain, nil
}

// Timetable is what the player does, in order of time.
func (t *PlainPlayer) Timetable() []Due {
	all := make([]Due, len(t.timeline))
	for i, each := range t.timeline {
		if t.player.second == nil {
			each.device = firstDevice
		}
		all[i] = Due{
			AtMs: float64(each.atUs) / 1000, Read: each.read, Device: int(each.device), Kind: int(each.op.Kind), Fields: each.op.Fields[:],
		}
	}
	return all
}

// Seed is the field of the session's opening.
func (t *PlainPlayer) Seed() uint32 { return t.opening.Fields[0] }

// Now is in milliseconds, by a clock that never steps, as k6's Date.now() may.
func (t *PlainPlayer) Now() float64 { return float64(t.Clock.SinceMadeUs()) / 1000 }

// Begin says that the player is connected and returns at hunt's start, with its moment as Now counts;
// 0 if the run was stopped before.
func (t *PlainPlayer) Begin() float64 {
	t.connected()
	if !t.part.Await() {
		return 0
	}
	return float64(t.Clock.StartedUs()) / 1000
}

func (t *PlainPlayer) connected() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.begun {
		t.begun = true
		t.part.Connected()
	}
}

// Stopping is whether nothing new may begin at this moment of the run.
func (t *PlainPlayer) Stopping(atMs float64) bool { return us(atMs) >= t.part.StopAtUs() }

// Intended books an action as due.
func (t *PlainPlayer) Intended(place int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.booked[place].intended = true
	t.part.Book.Intended(t.action(place), t.timeline[place].atUs)
}

// Sent books an action's first sending by a device, before it goes out. It gives a dig its sequence, and a
// read the revision that it asks for at least.
func (t *PlainPlayer) Sent(place, number int, atMs, blockedMs float64) (uint32, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := &t.booked[place]
	if number != 1 && (number != 2 || t.player.second == nil) {
		return 0, fmt.Errorf("hunt: player %d has no device %d", t.part.Index, number)
	}
	b.device = uint8(number)
	d := t.player.on(b.device)
	b.sent, b.sentUs, b.blockedUs = true, us(atMs), us(blockedMs)
	t.part.Book.Sent(t.action(place), t.timeline[place].atUs)
	if t.timeline[place].read {
		b.expected, b.asked = t.player.expect(t.plan.ReadOwnWrites, b.sentUs), t.plan.MinRevision(t.player.acked)
		if !t.player.audited {
			return b.asked, nil
		}
		d.reads++
		b.sequence = d.reads
		return b.asked, t.write(t.record(place, ledger.ReadAttempt, b.sentUs), b.asked, 0)
	}
	if t.player.first.sequence == 0 || b.device != firstDevice && !t.player.opened {
		return 0, fmt.Errorf("hunt: player %d digs before its session is opened", t.part.Index)
	}
	d.sequence++
	b.sequence = d.sequence
	b.digest = t.timeline[place].op.Digest(uint32(b.device), b.sequence)
	return b.sequence, t.write(t.record(place, ledger.Attempt, b.sentUs), 0, 0)
}

// OpeningSent books the first sending of session_opened, which has sequence 1.
func (t *PlainPlayer) OpeningSent(atMs, intendedMs float64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.openSent, t.player.first.sequence = true, 1
	return t.write(t.openingRecord(ledger.Attempt, us(atMs), us(intendedMs)), 0, 0)
}

// Opened books the acknowledgement of session_opened.
func (t *PlainPlayer) Opened(revision uint32, sends uint32, atMs, intendedMs float64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone {
		return nil // its end is booked
	}
	t.player.opened = true
	t.player.acknowledged(revision, us(atMs))
	r := t.openingRecord(ledger.Outcome, us(atMs), us(intendedMs))
	r.Outcome = ledger.OK
	return t.write(r, revision, sends)
}

// Done books an action's end: "ok", "fail" or "unknown". Answered tells an end by an answer from one
// by the clock.
func (t *PlainPlayer) Done(place int, outcome string, revision, sends uint32, atMs, blockedMs float64, answered bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.done(place, outcomeNames[outcome], revision, sends, us(atMs), us(blockedMs), answered)
}

var outcomes = map[uint8]recorder.Outcome{
	ledger.OK: recorder.OK, ledger.Fail: recorder.Fail, ledger.Unknown: recorder.Unknown,
}

var outcomeNames = map[string]uint8{"ok": ledger.OK, "fail": ledger.Fail, "unknown": ledger.Unknown}

func (t *PlainPlayer) done(place int, outcome uint8, revision, sends uint32, atUs, blockedUs int64, answered bool) error {
	known, possible := outcomes[outcome]
	b := &t.booked[place]
	if b.done || !b.intended || !possible {
		return fmt.Errorf("hunt: player %d cannot end action %d as %d", t.part.Index, place, outcome)
	}
	b.done = true
	atUs0 := t.timeline[place].atUs
	result := recorder.Result{
		Action: t.action(place), IntendedUs: atUs0, Outcome: known, ElapsedUs: atUs - atUs0, BlockedUs: blockedUs, ServiceUs: -1,
	}
	if b.sent {
		result.BlockedUs, result.LagUs = b.blockedUs, b.sentUs-atUs0-b.blockedUs
	} else {
		result.LagUs = result.ElapsedUs - blockedUs
	}
	if answered {
		result.ServiceUs = atUs - b.sentUs
	}
	t.part.Book.Done(result)
	recordType, recorded := ledger.Outcome, b.sent
	if t.timeline[place].read {
		recordType, recorded = ledger.ReadOutcome, b.sent && t.player.audited
	}
	switch {
	case outcome != ledger.OK:
	case recordType == ledger.ReadOutcome:
		t.checkRead(&t.player, compared{
			player: t.part.Index, device: b.device, sentUs: b.sentUs, got: revision, expected: b.expected,
		})
	default:
		t.player.acknowledged(revision, atUs)
	}
	if !recorded {
		return nil
	}
	r := t.record(place, recordType, atUs)
	r.Outcome = outcome
	return t.write(r, revision, sends)
}

// Count adds to what the frames say of the generator: "resent", "moved", "reconnects".
func (t *PlainPlayer) Count(what string) {
	switch what {
	case "resent":
		t.part.Resent()
	case "moved":
		t.moved.Add(1)
	case "reconnects":
		t.part.Reconnected()
	}
}

// Fail ends the whole run: the script cannot go on.
func (t *PlainPlayer) Fail(why string) {
	t.part.Fail(fmt.Errorf("hunt: player %d: %s", t.part.Index, why))
}

// Leave ends the player's part. What the script did not end, because it was cut off, ends as it stands.
func (t *PlainPlayer) Leave() {
	if t.left() {
		t.leave()
	}
}

func (t *PlainPlayer) leave() {
	t.connected()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone {
		return
	}
	t.gone = true
	if t.part.Started() { // else nothing was due yet
		t.settle(t.Clock.NowUs())
	}
	t.part.Ended()
}

func (t *PlainPlayer) settle(nowUs int64) {
	var err error
	for place := range t.booked {
		if b := &t.booked[place]; b.intended && !b.done && err == nil {
			outcome := ledger.Fail
			if b.sent {
				outcome = ledger.Unknown
			}
			err = t.done(place, outcome, 0, 1, nowUs, 0, false)
		}
	}
	if t.openSent && !t.player.opened && err == nil {
		r := t.openingRecord(ledger.Outcome, nowUs, nowUs)
		r.Outcome = ledger.Unknown
		err = t.write(r, 0, 1)
	}
	if err != nil {
		t.part.Fail(err)
	}
}

func (t *PlainPlayer) write(r ledger.Record, revision, sends uint32) error {
	return t.part.Write(appendPayload(r.Append(nil), revision, sends))
}

func (t *PlainPlayer) action(place int) uint8 {
	if t.timeline[place].read {
		return sessionplan.Read
	}
	return sessionplan.Dig
}

func (t *PlainPlayer) record(place int, recordType uint8, atUs int64) ledger.Record {
	b, d := &t.booked[place], &t.timeline[place]
	return ledger.Record{
		Type: recordType, Device: b.device, Kind: uint8(d.op.Kind), Player: uint32(t.part.Index),
		Sequence: b.sequence, Digest: b.digest, AtUs: atUs, IntendedUs: d.atUs,
	}
}

func (t *PlainPlayer) openingRecord(recordType uint8, atUs, intendedUs int64) ledger.Record {
	return ledger.Record{
		Type: recordType, Device: firstDevice, Kind: uint8(t.opening.Kind), Player: uint32(t.part.Index),
		Sequence: 1, Digest: t.opening.Digest(uint32(firstDevice), 1), AtUs: atUs, IntendedUs: intendedUs,
	}
}

func us(ms float64) int64 { return int64(ms * 1000) }

package main

import (
	"math/rand/v2"
	"testing"
	"time"
)

// digs is a session that was opened and dug in n-1 times, one after the other, all acknowledged.
func digs(n int) *history {
	h := &history{exists: true, revision: uint32(n), count: uint32(n)}
	for i := range n {
		h.actions = append(h.actions, action{
			name: name{1, uint32(i + 1)}, revision: uint32(i + 1), acknowledged: true, sends: 1,
			sentUs: int64(i * 100), endUs: int64(i*100 + 50),
		})
	}
	return h
}

func TestHistoriesAreDecided(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(h *history)
		outcome string
	}{
		{"as it should be", func(*history) {}, "held"},
		{"with an unknown operation that was not applied", func(h *history) {
			h.actions = append(h.actions, action{name: name{1, 11}, sentUs: 2000})
		}, "held"},
		{"with an unknown operation that was applied", func(h *history) {
			h.actions = append(h.actions, action{name: name{1, 11}, sentUs: 2000})
			h.count, h.revision = 11, 11
		}, "held"},
		{"with a refused operation", func(h *history) {
			h.actions = append(h.actions, action{name: name{1, 11}, sentUs: 2000, endUs: 2050})
		}, "held"},
		{"closed by its gateway", func(h *history) { h.revision++ }, "held"},
		{"with an operation sent twice and answered with a later revision", func(h *history) {
			h.actions[0].sends, h.actions[0].endUs, h.actions[0].revision = 2, 170, 2
		}, "held"},
		{"with a lost operation", func(h *history) { h.count, h.revision = 9, 9 }, "broken"},
		{"with an operation applied twice", func(h *history) { h.count, h.revision = 11, 11 }, "broken"},
		{"with a refused operation that was applied", func(h *history) {
			h.actions = append(h.actions, action{name: name{1, 11}, sentUs: 2000, endUs: 2050})
			h.count, h.revision = 11, 11
		}, "broken"},
		{"with two operations that were given one revision", func(h *history) { h.actions[4].revision = 4 }, "broken"},
		{"with answers in another order than the operations", func(h *history) {
			h.actions[4].revision, h.actions[5].revision = 6, 5
		}, "broken"},
		{"that does not exist", func(h *history) { h.exists = false }, "broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := digs(10)
			c.change(h)
			r := check([]*history{digs(3), h}, time.Now().Add(10*time.Second))
			if r.Outcome != c.outcome || r.Sessions != 2 || (r.Example != "") != (c.outcome == "broken") || (r.Violations == 1) != (c.outcome == "broken") {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestWhatTakesTooLongOrSaysNothingIsUnknown(t *testing.T) {
	if r := check(nil, time.Now().Add(time.Second)); r.Outcome != "unknown" {
		t.Errorf("no session: %+v", r)
	}
	hard := digs(400)
	for i := range hard.actions {
		// All at once and in a random order, with an end that nothing explains.
		hard.actions[i].sentUs, hard.actions[i].endUs = 0, 1_000_000
		hard.actions[i].sends = 2
	}
	rand.Shuffle(len(hard.actions), func(i, j int) {
		hard.actions[i].revision, hard.actions[j].revision = hard.actions[j].revision, hard.actions[i].revision
	})
	hard.revision += 7
	begun := time.Now()
	r := check([]*history{hard, digs(3)}, begun.Add(200*time.Millisecond))
	if r.Outcome != "unknown" || r.Sessions != 1 || time.Since(begun) > 2*time.Second {
		t.Errorf("%+v after %v", r, time.Since(begun))
	}
}

// duet is a session that is opened and then dug in by two devices at once, n times each: both send, both are answered.
func duet(n int) *history {
	h := digs(1)
	h.devices = 2
	for i := range n {
		at := int64(1000 + i*100)
		for device := range uint32(2) {
			h.actions = append(h.actions, action{
				name: name{byte(1 + device), uint32(i + 2)}, revision: uint32(2+2*i) + device, acknowledged: true, sends: 1,
				sentUs: at + int64(device), endUs: at + 50,
			})
		}
	}
	h.count, h.revision = uint32(1+2*n), uint32(1+2*n)
	return h
}

func TestHistoriesOfTwoDevicesAreDecided(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(h *history)
		outcome string
	}{
		{"as it should be", func(*history) {}, "held"},
		{"in the other order where they overlap", func(h *history) {
			h.actions[3].revision, h.actions[4].revision = h.actions[4].revision, h.actions[3].revision
		}, "held"},
		{"with an unknown operation of each device, one of them applied", func(h *history) {
			h.actions = append(h.actions, action{name: name{1, 99}, sentUs: 9000}, action{name: name{2, 99}, sentUs: 9000})
			h.count, h.revision = h.count+1, h.revision+1
		}, "held"},
		{"with one sent again, answered with what the other device had reached by then", func(h *history) {
			h.actions[3].sends, h.actions[3].revision = 2, 5
		}, "held"},
		{"with the second device's operation before one that was acknowledged before it was sent", func(h *history) {
			// Device 2's of the third round and device 1's of the second one.
			h.actions[3].revision, h.actions[6].revision = h.actions[6].revision, h.actions[3].revision
		}, "broken"},
		{"with the second device's operation lost", func(h *history) { h.count, h.revision = h.count-1, h.revision-1 }, "broken"},
		{"with an operation applied for both devices", func(h *history) { h.count, h.revision = h.count+1, h.revision+1 }, "broken"},
		{"with one revision for an operation of each", func(h *history) { h.actions[4].revision = h.actions[3].revision }, "broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := duet(10)
			c.change(h)
			if r := check([]*history{h}, time.Now().Add(10*time.Second)); r.Outcome != c.outcome || r.OfTwoDevices != 1 {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestASessionOfAThousandOperationsOnTwoDevicesIsDecidedInTime(t *testing.T) {
	begun := time.Now()
	if r := check([]*history{duet(500)}, begun.Add(10*time.Second)); r.Outcome != "held" {
		t.Errorf("%+v after %v", r, time.Since(begun))
	}
}

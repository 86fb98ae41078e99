package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// The two files are described in docs/swarm-protocol.md.
const (
	ledgerHeader, ledgerRecord     = 40, 40
	observedHeader, observedRecord = 16, 28
	attempt, outcome, closing      = 1, 2, 255 // reads have other types
	answeredOK, refused            = 1, 2
	found, unreadable              = 1, 2
)

// name is an operation's within its session.
type name struct {
	device   byte
	sequence uint32
}

// action is one operation of a session. endUs is 0 while nobody knows what became of it.
type action struct {
	name
	revision, sends uint32
	sentUs, endUs   int64
	acknowledged    bool
}

// history is what happened to a session, on all its devices, and what was read of it at the end.
type history struct {
	player  uint32
	actions []action
	devices int
	// count is the sum over the devices.
	revision, count uint32
	exists          bool
	unreadable      bool
	tooLong         bool
	// byPlace finds an action.
	byPlace map[name]int
}

// sample reads the histories of up to `sessions` sessions, spread evenly over those that were read. Half of
// them are sessions that were played from several devices, if there are so many: they have what happens at once.
func sample(ledgerFile, observedFile string, sessions, operations int) ([]*history, error) {
	observed, err := os.ReadFile(observedFile)
	if err != nil {
		return nil, err
	}
	if len(observed) < observedHeader || string(observed[:8]) != "HUNTOBSV" || binary.LittleEndian.Uint32(observed[8:]) != 1 {
		return nil, errors.New("observed.bin has no known header")
	}
	alone, shared := sessionsOf(observed[observedHeader:])
	chosen := map[uint32]*history{}
	all := spread(shared, max(sessions/2, sessions-len(alone)))
	all = append(all, spread(alone, sessions-len(all))...)
	for _, h := range all {
		chosen[h.player] = h
	}
	return all, readLedger(ledgerFile, chosen, operations)
}

// sessionsOf are the sessions that could be read, with one device and with several, each as its first record
// has it and in that order.
func sessionsOf(observed []byte) (alone, shared []*history) {
	byPlayer := map[uint32]*history{}
	var all []*history
	for ; len(observed) >= observedRecord; observed = observed[observedRecord:] {
		player := binary.LittleEndian.Uint32(observed)
		h := byPlayer[player]
		if h == nil {
			h = &history{
				player: player, revision: binary.LittleEndian.Uint32(observed[8:]), exists: observed[5] == found, byPlace: map[name]int{},
			}
			byPlayer[player] = h
			all = append(all, h)
		}
		h.devices++
		h.count += binary.LittleEndian.Uint32(observed[16:])
		h.unreadable = h.unreadable || observed[5] == unreadable
	}
	for _, h := range all {
		switch {
		case h.unreadable:
		case h.devices > 1:
			shared = append(shared, h)
		default:
			alone = append(alone, h)
		}
	}
	return alone, shared
}

// spread takes at most `most` of them, evenly.
func spread(all []*history, most int) []*history {
	most = max(0, min(most, len(all)))
	taken := make([]*history, most)
	for i := range taken {
		taken[i] = all[i*len(all)/most]
	}
	return taken
}

func readLedger(file string, chosen map[uint32]*history, operations int) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<20)
	header := make([]byte, ledgerHeader)
	if _, err := io.ReadFull(in, header); err != nil || string(header[:8]) != "HUNTLEDG" {
		return errors.New("ledger.bin has no known header")
	}
	if version := binary.LittleEndian.Uint32(header[8:]); version != 1 && version != 2 {
		return fmt.Errorf("ledger.bin has version %d, expected 1 or 2", version)
	}
	for r := make([]byte, ledgerRecord); ; {
		if _, err := io.ReadFull(in, r); err != nil {
			return fmt.Errorf("ledger.bin was not closed: %w", err)
		}
		if r[0] == closing {
			return nil
		}
		if h := chosen[binary.LittleEndian.Uint32(r[4:])]; h != nil {
			h.add(r, operations)
		}
	}
}

func (h *history) add(r []byte, operations int) {
	of, atUs := name{r[2], binary.LittleEndian.Uint32(r[8:])}, int64(binary.LittleEndian.Uint64(r[16:]))
	place, open := h.byPlace[of]
	if r[0] == attempt {
		if len(h.actions) >= operations {
			h.tooLong = true
		} else if !open {
			h.byPlace[of] = len(h.actions)
			h.actions = append(h.actions, action{name: of, sentUs: atUs})
		}
		return
	}
	if r[0] != outcome || !open {
		return
	}
	a := &h.actions[place]
	if r[1] == answeredOK || r[1] == refused {
		a.endUs, a.acknowledged = atUs, r[1] == answeredOK
		a.revision, a.sends = binary.LittleEndian.Uint32(r[32:]), binary.LittleEndian.Uint32(r[36:])
	}
}

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
	attempt, outcome, closing      = 1, 2, 255
	answeredOK, refused            = 1, 2
	found, unreadable              = 1, 2
)

type session struct {
	player uint32
	device byte
}

// action is one operation of a session. endUs is 0 while nobody knows what became of it.
type action struct {
	sequence, revision, sends uint32
	sentUs, endUs             int64
	acknowledged              bool
}

// history is what happened to a session, and what was read of it at the end.
type history struct {
	session
	actions         []action
	revision, count uint32
	exists          bool
	tooLong         bool
	// byPlace finds the open action of a sequence.
	byPlace map[uint32]int
}

// sample reads the histories of up to `sessions` sessions, spread evenly over those that were read.
func sample(ledgerFile, observedFile string, sessions, operations int) ([]*history, error) {
	observed, err := os.ReadFile(observedFile)
	if err != nil {
		return nil, err
	}
	if len(observed) < observedHeader || string(observed[:8]) != "HUNTOBSV" || binary.LittleEndian.Uint32(observed[8:]) != 1 {
		return nil, errors.New("observed.bin has no known header")
	}
	observed = observed[observedHeader:]
	count := len(observed) / observedRecord
	step := max(1, (count+sessions-1)/max(1, sessions))
	chosen := map[session]*history{}
	var all []*history
	for i := 0; i < count; i += step {
		r := observed[i*observedRecord:]
		if r[5] == unreadable {
			continue
		}
		h := &history{
			session:  session{binary.LittleEndian.Uint32(r), r[4]},
			revision: binary.LittleEndian.Uint32(r[8:]), count: binary.LittleEndian.Uint32(r[16:]),
			exists: r[5] == found, byPlace: map[uint32]int{},
		}
		chosen[h.session] = h
		all = append(all, h)
	}
	return all, readLedger(ledgerFile, chosen, operations)
}

func readLedger(file string, chosen map[session]*history, operations int) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<20)
	header := make([]byte, ledgerHeader)
	if _, err := io.ReadFull(in, header); err != nil || string(header[:8]) != "HUNTLEDG" || binary.LittleEndian.Uint32(header[8:]) != 1 {
		return errors.New("ledger.bin has no known header")
	}
	for r := make([]byte, ledgerRecord); ; {
		if _, err := io.ReadFull(in, r); err != nil {
			return fmt.Errorf("ledger.bin was not closed: %w", err)
		}
		if r[0] == closing {
			return nil
		}
		if h := chosen[session{binary.LittleEndian.Uint32(r[4:]), r[2]}]; h != nil {
			h.add(r, operations)
		}
	}
}

func (h *history) add(r []byte, operations int) {
	sequence, atUs := binary.LittleEndian.Uint32(r[8:]), int64(binary.LittleEndian.Uint64(r[16:]))
	place, open := h.byPlace[sequence]
	if r[0] == attempt {
		if len(h.actions) >= operations {
			h.tooLong = true
		} else if !open {
			h.byPlace[sequence] = len(h.actions)
			h.actions = append(h.actions, action{sequence: sequence, sentUs: atUs})
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

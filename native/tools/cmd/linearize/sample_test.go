package main

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// observedFile holds one session of each player; every fourth one was played from two devices.
func observedFile(players int) []byte {
	file := append(make([]byte, 0), "HUNTOBSV"...)
	file = binary.LittleEndian.AppendUint32(file, 1)
	file = binary.LittleEndian.AppendUint32(file, observedRecord)
	for player := range players {
		devices := 1
		if player%4 == 0 {
			devices = 2
		}
		for device := range devices {
			r := make([]byte, observedRecord)
			binary.LittleEndian.PutUint32(r, uint32(player))
			r[4], r[5] = byte(device+1), found
			binary.LittleEndian.PutUint32(r[8:], uint32(3*devices))
			binary.LittleEndian.PutUint32(r[16:], 3)
			file = append(file, r...)
		}
	}
	return file
}

func ledgerFile(version uint32, records ...[]byte) []byte {
	file := append(make([]byte, 0), "HUNTLEDG"...)
	file = binary.LittleEndian.AppendUint32(file, version)
	file = append(file, make([]byte, ledgerHeader-len(ledgerLayout)-len(file))...)
	file = append(file, ledgerLayout...)
	for _, r := range records {
		file = append(file, r...)
	}
	end := make([]byte, ledgerRecord)
	end[0] = closing
	return append(file, end...)
}

func entry(kind, device byte, player, sequence uint32) []byte {
	r := make([]byte, ledgerRecord)
	r[0], r[2] = kind, device
	if kind == outcome {
		r[1] = answeredOK
	}
	binary.LittleEndian.PutUint32(r[4:], player)
	binary.LittleEndian.PutUint32(r[8:], sequence)
	return r
}

func take(t *testing.T, observed, ledger []byte, sessions int) ([]*history, error) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string][]byte{"observed": observed, "ledger": ledger} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	wanted := request{sessions: sessions, operations: 1000}
	all, _, err := sample(filepath.Join(dir, "ledger"), filepath.Join(dir, "observed"), wanted)
	return all, err
}

func TestHalfOfTheSampleWerePlayedFromTwoDevices(t *testing.T) {
	for _, c := range []struct{ players, sessions, want, shared int }{
		{1000, 64, 64, 32}, {40, 64, 40, 10}, {100, 64, 64, 25}, {1, 64, 1, 1}, {0, 64, 0, 0},
	} {
		var sent [][]byte
		for player := range uint32(c.players) {
			sent = append(sent, entry(attempt, 1, player, 1), entry(outcome, 1, player, 1))
			if player%4 == 0 {
				sent = append(sent, entry(attempt, 2, player, 1), entry(outcome, 2, player, 1))
			}
		}
		all, err := take(t, observedFile(c.players), ledgerFile(2, sent...), c.sessions)
		if err != nil {
			t.Fatal(err)
		}
		shared := 0
		for _, h := range all {
			if h.devices == 2 {
				shared++
			}
			if h.count != uint32(3*h.devices) || h.revision != h.count {
				t.Errorf("player %d: revision %d, %d operations on %d devices", h.player, h.revision, h.count, h.devices)
			}
		}
		if len(all) != c.want || shared != c.shared {
			t.Errorf("%+v: %d sessions, %d of two devices", c, len(all), shared)
		}
	}
}

func TestOperationsOfBothDevicesAreTakenAndReadsAreNot(t *testing.T) {
	ledger := [][]byte{
		entry(attempt, 1, 0, 1), entry(outcome, 1, 0, 1), entry(attempt, 1, 0, 2), entry(attempt, 2, 0, 1),
		entry(3, 1, 0, 1), entry(4, 1, 0, 1), entry(outcome, 2, 0, 1), entry(attempt, 1, 1, 1),
	}
	for _, version := range []uint32{1, 2, 3} {
		all, err := take(t, observedFile(1), ledgerFile(version, ledger...), 64)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != 1 || len(all[0].actions) != 3 || !all[0].actions[2].acknowledged || all[0].actions[1].acknowledged {
			t.Errorf("version %d: %+v", version, all)
		}
	}
	if _, err := take(t, observedFile(1), ledgerFile(4), 64); err == nil {
		t.Error("a ledger of version 4 was read")
	}
	other := ledgerFile(3, ledger...)
	copy(other[36:], "tile")
	if _, err := take(t, observedFile(1), other, 64); err == nil {
		t.Error("another lane's ledger was read")
	}
}

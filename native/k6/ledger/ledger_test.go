package ledger

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

var layout = Layout{Name: "tst1", PayloadSize: 8}

const recordSize = CommonSize + 8

func TestLedgerLaysOutItsFileAsDocumented(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.bin")
	l, err := Create(path, Header{layout, 77, 1_700_000_000_000_001, 2})
	if err != nil {
		t.Fatal(err)
	}
	record := Record{
		Type: Outcome, Outcome: Unknown, Device: 1, Kind: 4, Player: 27_999, Sequence: 12, Digest: 0xdeadbeef,
		AtUs: 5_000_000_000, IntendedUs: 4_999_999_999,
	}
	payload := []byte{8, 0, 0, 0, 3, 0, 0, 0}
	records := append(record.Append(nil), payload...)
	if err := l.Write(append(records, records...)); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(42); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(content) != HeaderSize+3*recordSize {
		t.Fatalf("%d bytes", len(content))
	}
	le := binary.LittleEndian
	if string(content[:8]) != "HUNTLEDG" || le.Uint32(content[8:]) != 3 || le.Uint32(content[12:]) != 40 ||
		le.Uint64(content[16:]) != 77 || le.Uint64(content[24:]) != 1_700_000_000_000_001 || le.Uint32(content[32:]) != 2 || string(content[36:40]) != "tst1" {
		t.Errorf("header %x", content[:HeaderSize])
	}
	r := content[HeaderSize+recordSize:]
	if r[0] != 2 || r[1] != 3 || r[2] != 1 || r[3] != 4 || le.Uint32(r[4:]) != 27_999 || le.Uint32(r[8:]) != 12 ||
		le.Uint32(r[12:]) != 0xdeadbeef || le.Uint64(r[16:]) != 5_000_000_000 || le.Uint64(r[24:]) != 4_999_999_999 ||
		le.Uint32(r[32:]) != 8 || le.Uint32(r[36:]) != 3 {
		t.Errorf("record %x", r[:recordSize])
	}
	end := content[HeaderSize+2*recordSize:]
	if end[0] != 255 || le.Uint64(end[4:]) != 2 || le.Uint64(end[16:]) != 42 {
		t.Errorf("closing record %x", end)
	}
}

func TestALayoutNeedsANameOfFourCharacters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.bin")
	if _, err := Create(path, Header{Layout: Layout{Name: "sessions"}}); err == nil {
		t.Error("a name of 8 characters was written into 4")
	}
}

func TestLedgerThatFailedStaysFailedAndIsNotClosedAsWhole(t *testing.T) {
	l, err := Create(filepath.Join(t.TempDir(), "ledger.bin"), Header{Layout: layout})
	if err != nil {
		t.Fatal(err)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	l.file.Close()
	l.file = full
	if l.Write(Record{}.Append(nil)) == nil || l.Write(nil) == nil || l.Close(1) == nil {
		t.Error("a full disk is not an error")
	}
	if l.Records() != 0 {
		t.Errorf("%d records counted", l.Records())
	}
}

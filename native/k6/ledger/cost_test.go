package ledger

import (
	"fmt"
	"path/filepath"
	"testing"
)

// An action is an attempt and an outcome. The swarm writes once per tick: at 8,000 digs per second and a
// tick of a millisecond eight actions at a time, fewer when it is idle.
func BenchmarkAction(b *testing.B) {
	for _, actions := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("%d-per-write", actions), func(b *testing.B) {
			l, err := Create(filepath.Join(b.TempDir(), "ledger.bin"), Header{Layout: layout, Seed: 1, Generator: 1})
			if err != nil {
				b.Fatal(err)
			}
			var buffer []byte
			var payload [8]byte
			for i := range b.N {
				r := Record{Type: Attempt, Device: 1, Player: uint32(i), Sequence: 7, AtUs: int64(i)}
				buffer = append(r.Append(buffer), payload[:]...)
				r.Type, r.Outcome = Outcome, OK
				buffer = append(r.Append(buffer), payload[:]...)
				if (i+1)%actions == 0 {
					if err := l.Write(buffer); err != nil {
						b.Fatal(err)
					}
					buffer = buffer[:0]
				}
			}
			if err := l.Close(0); err != nil {
				b.Fatal(err)
			}
		})
	}
}

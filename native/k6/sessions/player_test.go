package sessions

import "testing"

func TestWhatAReadHasToShowFollowsTheAcknowledgements(t *testing.T) {
	p := &player{}
	expect := func(atUs int64, revision uint32, acknowledgedUs int64) {
		t.Helper()
		if r, us := p.settledAt(atUs); r != revision || us != acknowledgedUs {
			t.Errorf("at %d us: revision %d of %d us, expected %d of %d", atUs, r, us, revision, acknowledgedUs)
		}
	}
	p.acknowledged(1, 0)
	p.acknowledged(2, 400_000)
	p.acknowledged(3, 900_000)
	expect(999_999, 0, 0)
	expect(1_000_000, 1, 0)
	expect(1_899_999, 1, 0)
	expect(1_900_000, 3, 900_000)
	p.acknowledged(4, 2_000_000)
	p.acknowledged(4, 2_500_000)
	expect(3_000_000, 4, 2_000_000)
}

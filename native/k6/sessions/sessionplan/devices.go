package sessionplan

import "hunt/native/k6/plan"

// Who has two devices, and whose reads are audited, follows from a player's index alone, so that every
// program that plays or checks a plan agrees about it (docs/swarm-protocol.md). Multiplying by 2^32 over
// the golden ratio spreads the indexes evenly over 32 bits: those with two devices are at the lower end,
// those that are audited besides them at the upper one.

func scattered(player int) float64 { return float64(uint32(player) * 2_654_435_769) }

// TwoDevices is whether a player plays its session from two devices at once.
func (p *Plan) TwoDevices(player int) bool { return scattered(player) < p.TwoDeviceShare*plan.Circle }

// Audited is whether a player's reads are in the ledger.
func (p *Plan) Audited(player int) bool {
	return p.AuditedShare > 0 && (p.TwoDevices(player) || scattered(player) >= (1-p.AuditedShare)*plan.Circle)
}

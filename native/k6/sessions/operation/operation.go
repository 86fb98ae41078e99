// Package operation is what a player sends: its kinds, its fields and the digest that names its
// content (docs/session-log-format.md).
package operation

import (
	"encoding/binary"
	"math"
)

// Kind is the kind of an operation, as the session log numbers them.
type Kind uint8

// The kinds that the swarm sends.
const (
	SessionOpened Kind = 1
	DigStarted    Kind = 2
	TilesRevealed Kind = 3
	LootClaimed   Kind = 4
)

// Tiles of a board, tools, items and the largest amount that the swarm draws.
const (
	tiles     = 256
	tools     = 4
	items     = 32
	maxAmount = 100
)

// Operation is one operation's content; absent fields are 0.
type Operation struct {
	Kind   Kind
	Fields [3]uint32
}

// Open is the first operation of a player's session. Its seed differs per player.
func Open(planSeed uint64, player int) Operation {
	return Operation{Kind: SessionOpened, Fields: [3]uint32{uint32(planSeed) + uint32(player)}}
}

// Mix holds the weights of the dig operations.
type Mix struct {
	DigStarted    float64 `json:"dig_started"`
	TilesRevealed float64 `json:"tiles_revealed"`
	LootClaimed   float64 `json:"loot_claimed"`
}

// Valid is whether something can be drawn from it.
func (m Mix) Valid() bool {
	return m.DigStarted >= 0 && m.TilesRevealed >= 0 && m.LootClaimed >= 0 &&
		m.total() > 0 && !math.IsInf(m.total(), 0)
}

func (m Mix) total() float64 { return m.DigStarted + m.TilesRevealed + m.LootClaimed }

// Draw makes a dig operation out of an arrival's random bits.
func Draw(mix Mix, bits uint64) Operation {
	at := float64(bits>>40) * 0x1p-24 * mix.total()
	low, high := uint32(bits)&0xffff, uint32(bits>>16)&0xffff
	switch {
	case at < mix.DigStarted:
		return Operation{DigStarted, [3]uint32{low % tiles, high % tools}}
	case at < mix.DigStarted+mix.TilesRevealed:
		// A dig uncovers one to eight tiles in a row.
		return Operation{TilesRevealed, [3]uint32{low % (tiles - 8), high&0xff | 1}}
	default:
		return Operation{LootClaimed, [3]uint32{low % tiles, high % items, high/items%maxAmount + 1}}
	}
}

// Digest is FNV-1a (32 bit) over device, sequence, kind and the three fields as little-endian u32.
func (o Operation) Digest(device, sequence uint32) uint32 {
	var bytes [24]byte
	for i, word := range [6]uint32{device, sequence, uint32(o.Kind), o.Fields[0], o.Fields[1], o.Fields[2]} {
		binary.LittleEndian.PutUint32(bytes[4*i:], word)
	}
	hash := uint32(2166136261)
	for _, b := range bytes {
		hash = (hash ^ uint32(b)) * 16777619
	}
	return hash
}

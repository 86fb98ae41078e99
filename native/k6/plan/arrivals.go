package plan

// Arrival is the intended start of an action.
type Arrival struct {
	AtUs   int64 // since run second 0
	Player int
	// Action is its place among the lane's actions.
	Action uint8
	// Device is the one, from 1, that a player with several does it on; 0 in a lane that knows none.
	Device uint8
	// Bits are 64 random bits from which the operation is made.
	Bits uint64
}

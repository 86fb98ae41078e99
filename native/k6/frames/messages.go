package frames

import "hunt/native/k6/recorder"

// Version is the protocol's version.
const Version = 2

// Hello is the first message.
type Hello struct {
	Type      string `json:"type"`
	Version   int    `json:"version"`
	PID       int    `json:"pid"`
	Generator int    `json:"generator"`
	Groups    int    `json:"groups"`
}

// Ready says that every group is connected to all that its lane talks to.
type Ready struct {
	Type      string  `json:"type"`
	ConnectMs float64 `json:"connectMs"`
}

// Second is what changed since the last one.
type Second struct {
	Type   string `json:"type"`
	Second int    `json:"second"`
	recorder.Changes
	// Lanes have what each says of itself, by its id.
	Lanes     map[string]Lane `json:"lanes"`
	Generator Generator       `json:"generator"`
}

// Lane is what a lane counts beside its actions, and what it compared of reads since the last frame.
type Lane struct {
	// Counters are totals so far. No two lanes have one of the same name.
	Counters map[string]int64 `json:"counters"`
	Compared []Compared       `json:"compared"`
	Findings []Finding        `json:"findings"`
}

// Compared is what was compared of the reads that were sent in a second, and how many broke a rule.
type Compared struct {
	Second  int   `json:"second"`
	Checked int64 `json:"checked"`
	Back    int64 `json:"back"`
	Asked   int64 `json:"asked"`
	Stale   int64 `json:"stale"`
	Settled int64 `json:"settled"`
	Late    int64 `json:"late"`
}

// Rules that a read can break; docs/guarantees.md says what they are.
const (
	ReadWentBack = "back"
	ReadWasStale = "stale"
	ReadWasLate  = "late"
)

// Finding is one read that broke a rule.
type Finding struct {
	Rule           string `json:"rule"`
	Player         int    `json:"player"`
	Device         uint8  `json:"device"`
	SentUs         int64  `json:"sentUs"`
	Wanted         uint32 `json:"wanted"`
	Got            uint32 `json:"got"`
	AcknowledgedUs int64  `json:"acknowledgedUs,omitempty"`
}

// Generator is how the swarm itself fares, all lanes together.
type Generator struct {
	CPUSeconds float64 `json:"cpuSeconds"`
	RSSBytes   int64   `json:"rssBytes"`
	Queue      float64 `json:"queue"`
	Resent     int64   `json:"resent"`
	Reconnects int64   `json:"reconnects"`
	Players    int     `json:"players"`
}

// Reasons of End.
const (
	Finished = "finished"
	Stopped  = "stopped"
	Failed   = "failed"
)

// End is the last message.
type End struct {
	Type   string            `json:"type"`
	Reason string            `json:"reason"`
	Error  string            `json:"error,omitempty"`
	Frames int               `json:"frames"`
	Totals []recorder.Counts `json:"totals"`
	// LedgerRecords are those of each lane, by its id.
	LedgerRecords map[string]uint64 `json:"ledgerRecords"`
}

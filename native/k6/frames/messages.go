package frames

import "hunt/native/k6/recorder"

// Version is the protocol's version.
const Version = 1

// Hello is the first message.
type Hello struct {
	Type      string `json:"type"`
	Version   int    `json:"version"`
	PID       int    `json:"pid"`
	Generator int    `json:"generator"`
	Groups    int    `json:"groups"`
}

// Ready says that every group is connected to every gateway.
type Ready struct {
	Type      string  `json:"type"`
	ConnectMs float64 `json:"connectMs"`
}

// Second is what changed since the last one.
type Second struct {
	Type   string `json:"type"`
	Second int    `json:"second"`
	recorder.Changes
	// Reads and Violations are what was compared of reads since the last frame.
	Reads      []ReadCounts    `json:"reads"`
	Violations []ReadViolation `json:"readViolations"`
	Generator  Generator       `json:"generator"`
}

// ReadCounts is what was compared of the reads that were sent in a second, and how many broke a rule.
type ReadCounts struct {
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

// ReadViolation is one read that broke a rule.
type ReadViolation struct {
	Rule           string `json:"rule"`
	Player         int    `json:"player"`
	Device         uint8  `json:"device"`
	SentUs         int64  `json:"sentUs"`
	Wanted         uint32 `json:"wanted"`
	Got            uint32 `json:"got"`
	AcknowledgedUs int64  `json:"acknowledgedUs,omitempty"`
}

// Generator is how the swarm itself fares.
type Generator struct {
	CPUSeconds float64 `json:"cpuSeconds"`
	RSSBytes   int64   `json:"rssBytes"`
	Queue      float64 `json:"queue"`
	Resent     int64   `json:"resent"`
	Moved      int64   `json:"moved"`
	Reconnects int64   `json:"reconnects"`
	Players    int     `json:"players"`
	KeepAlives int64   `json:"keepAlives"`
	ReadsBack  int64   `json:"readsBack"`
	ReadsStale int64   `json:"readsStale"`
}

// Reasons of End.
const (
	Finished = "finished"
	Stopped  = "stopped"
	Failed   = "failed"
)

// End is the last message.
type End struct {
	Type          string            `json:"type"`
	Reason        string            `json:"reason"`
	Error         string            `json:"error,omitempty"`
	Frames        int               `json:"frames"`
	Totals        []recorder.Counts `json:"totals"`
	LedgerRecords uint64            `json:"ledgerRecords"`
}

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
	Generator Generator `json:"generator"`
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

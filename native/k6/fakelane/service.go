package fakelane

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// Service is the tally in memory, for tests in Go; those in TypeScript have their own.
type Service struct {
	Address string
	server  *httptest.Server
	delay   time.Duration

	mu     sync.Mutex
	marks  map[uint32]map[uint32]bool // sequences by player
	before func(player, sequence uint32)
}

// StartService answers each request after a delay. `before` is called with each mark before it is applied.
func StartService(delay time.Duration, before func(player, sequence uint32)) *Service {
	s := &Service{delay: delay, marks: map[uint32]map[uint32]bool{}, before: before}
	routes := http.NewServeMux()
	routes.HandleFunc("POST /write", s.write)
	routes.HandleFunc("GET /read", s.read)
	routes.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"ready":true}`) })
	s.server = httptest.NewServer(routes)
	s.Address = strings.TrimPrefix(s.server.URL, "http://")
	return s
}

// Stop breaks every connection.
func (s *Service) Stop() {
	s.server.CloseClientConnections()
	s.server.Close()
}

// Applied is how many marks are in the tally.
func (s *Service) Applied() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := int64(0)
	for _, marks := range s.marks {
		sum += int64(len(marks))
	}
	return sum
}

func (s *Service) write(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Player, Sequence uint32 }
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if s.before != nil {
		s.before(asked.Player, asked.Sequence)
	}
	time.Sleep(s.delay)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.marks[asked.Player] == nil {
		s.marks[asked.Player] = map[uint32]bool{}
	}
	s.marks[asked.Player][asked.Sequence] = true
	fmt.Fprintf(w, `{"revision":%d}`, len(s.marks[asked.Player]))
}

func (s *Service) read(w http.ResponseWriter, r *http.Request) {
	var player uint32
	if _, err := fmt.Sscan(r.URL.Query().Get("player"), &player); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	time.Sleep(s.delay)
	s.mu.Lock()
	defer s.mu.Unlock()
	count := len(s.marks[player])
	fmt.Fprintf(w, `{"count":%d,"revision":%d}`, count, count)
}

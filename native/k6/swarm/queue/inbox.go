package queue

import "sync"

// Inbox collects events for a group from the goroutines beside it. What is in it is bounded by what the group
// has in flight.
type Inbox[T any] struct {
	mu     sync.Mutex
	events []T
	spare  []T
}

// Put adds events in their order.
func (i *Inbox[T]) Put(events ...T) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.events = append(i.events, events...)
}

// Take returns what has come in; it is valid until the next call.
func (i *Inbox[T]) Take() []T {
	i.mu.Lock()
	defer i.mu.Unlock()
	taken := i.events
	i.events, i.spare = i.spare[:0], taken
	return taken
}

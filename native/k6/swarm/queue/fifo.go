// Package queue has the queues of a group: what waits in order, and what came in from beside it.
package queue

// FIFO is a queue in one slice; what was taken is dropped from the front when it is half of it.
type FIFO[T any] struct {
	items []T
	head  int
}

// Len is how many wait.
func (f *FIFO[T]) Len() int { return len(f.items) - f.head }

// Push adds one behind the others.
func (f *FIFO[T]) Push(item T) { f.items = append(f.items, item) }

// First is the oldest; there must be one.
func (f *FIFO[T]) First() T { return f.items[f.head] }

// Pop takes the oldest; there must be one.
func (f *FIFO[T]) Pop() T {
	item := f.items[f.head]
	f.head++
	if f.head == len(f.items) {
		f.items, f.head = f.items[:0], 0
	} else if f.head >= 1024 && f.head*2 >= len(f.items) {
		f.items = f.items[:copy(f.items, f.items[f.head:])]
		f.head = 0
	}
	return item
}

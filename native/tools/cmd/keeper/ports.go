package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strings"
)

// portReservations keeps ports apart from other keepers on this machine. The port itself can't be held,
// since the node has to bind it; what is held is an abstract Unix socket named after it, which the
// kernel drops with the keeper, however that ends.
type portReservations struct{ held []net.Listener }

const (
	portLowest   = 10_000
	portHighest  = 65_535
	portTriesMax = 2_000
	portsMax     = 256
)

// reserve gives count ports on 127.0.0.1: base and the following ones, or free ones when base is 0.
func (p *portReservations) reserve(count, base int) ([]int, error) {
	if count < 1 || count > portsMax {
		return nil, fmt.Errorf("ports: a count of 1 to %d was expected, got %d", portsMax, count)
	}
	if base != 0 {
		return p.reserveFrom(count, base)
	}
	low, high := portRange()
	ports := make([]int, 0, count)
	for range portTriesMax {
		port := low + rand.IntN(high-low+1)
		if !blockedByFetch(port) && p.take(port) == nil {
			ports = append(ports, port)
		}
		if len(ports) == count {
			return ports, nil
		}
	}
	return nil, coded{"no-ports", fmt.Sprintf("%d of %d free ports found between %d and %d in %d tries",
		len(ports), count, low, high, portTriesMax)}
}

func (p *portReservations) reserveFrom(count, base int) ([]int, error) {
	if base < 1 || base+count-1 > portHighest {
		return nil, fmt.Errorf("ports %d-%d are not within 1-%d", base, base+count-1, portHighest)
	}
	ports := make([]int, 0, count)
	for port := base; port < base+count; port++ {
		if blockedByFetch(port) {
			return nil, coded{"port-taken", fmt.Sprintf("port %d can't be used: fetch and browsers refuse to connect to it", port)}
		}
		if err := p.take(port); err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return ports, nil
}

// blockedByFetch says whether the port is one of the "bad ports" of the Fetch standard
// (https://fetch.spec.whatwg.org/#port-blocking), as far as an unprivileged node could bind them. A node
// there would listen, and nothing in hunt, nor a browser, could ask it anything.
func blockedByFetch(port int) bool {
	switch port {
	case 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6679, 6697, 10080:
		return true
	}
	return port < 1024 || (port >= 6665 && port <= 6669)
}

// take reserves the port and checks that it can be bound.
func (p *portReservations) take(port int) error {
	name := fmt.Sprintf("@hunt-port-%d", port)
	reservation, err := net.Listen("unix", name)
	if err != nil {
		return coded{"port-taken", fmt.Sprintf("port %d is reserved by another run%s", port, reservedBy(name))}
	}
	if err := probe(port); err != nil {
		_ = reservation.Close()
		return err
	}
	p.held = append(p.held, reservation)
	return nil
}

// probe checks that a node could bind the port now.
func probe(port int) error {
	listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err == nil {
		_ = listener.Close()
		return nil
	}
	if os.IsPermission(err) {
		return coded{"port-taken", fmt.Sprintf("port %d may not be bound: %v", port, err)}
	}
	return coded{"port-taken", fmt.Sprintf("port %d is taken%s", port, listenerOf(port))}
}

// portRange stays below the ports that the kernel gives to outgoing connections, so that none of those
// can take a node's port between the check and the bind; where there is no room below, above.
func portRange() (low, high int) {
	var first, last int
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err == nil {
		_, err = fmt.Sscan(strings.TrimSpace(string(text)), &first, &last)
	}
	switch {
	case err != nil:
		return portLowest, 32_000
	case first > portLowest+2_000:
		return portLowest, first - 1
	case last < portHighest-2_000:
		return last + 1, portHighest
	default:
		return portLowest, portHighest
	}
}

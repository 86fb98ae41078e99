package main

import (
	"encoding/binary"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// socket is one end of a TCP connection as the kernel sees it.
type socket struct {
	// Never used for another socket while the machine runs.
	cookie      uint64
	local       uint16
	remote      uint16
	receiveQ    uint32 // bytes that the owner has not read yet
	sendQ       uint32 // bytes that are not acknowledged yet, sent or not
	notSent     uint32 // the part of sendQ that was not sent yet
	retransmits uint32 // segments since the connection began
	rttUs       uint32
}

const (
	sockDiagByFamily = 20
	inetDiagInfo     = 2
	// Everything but listening, half-open on the server's side, TIME_WAIT and closed: those have no queues.
	connectionStates = 1<<1 | 1<<2 | 1<<4 | 1<<5 | 1<<8 | 1<<9 | 1<<11

	diagMessageLength = 72
	requestLength     = 56
	attributeHeader   = 4

	answerBoundUs = 500_000
	receiveBuffer = 64 << 10

	// Within tcp_info.
	retransOffset  = 100
	rttOffset      = 68
	notSentOffset  = 144
	tcpInfoMinimum = 104
)

// readDiag lists the IPv4 TCP connections of this network namespace. Any user may ask.
func readDiag() ([]socket, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_INET_DIAG)
	if err != nil {
		return nil, fmt.Errorf("netlink sock_diag: %w", err)
	}
	defer unix.Close(fd)
	bound := unix.NsecToTimeval(answerBoundUs * 1000)
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &bound); err != nil {
		return nil, fmt.Errorf("netlink sock_diag: %w", err)
	}
	if err := unix.Sendto(fd, dumpRequest(), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, fmt.Errorf("netlink sock_diag: %w", err)
	}
	return receiveDump(fd)
}

// dumpRequest is a nlmsghdr and an inet_diag_req_v2 that names no socket: all of them.
func dumpRequest() []byte {
	request := make([]byte, unix.NLMSG_HDRLEN+requestLength)
	native := binary.NativeEndian
	native.PutUint32(request[0:], uint32(len(request)))
	native.PutUint16(request[4:], sockDiagByFamily)
	native.PutUint16(request[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	body := request[unix.NLMSG_HDRLEN:]
	body[0] = unix.AF_INET
	body[1] = unix.IPPROTO_TCP
	body[2] = 1 << (inetDiagInfo - 1)
	native.PutUint32(body[4:], connectionStates)
	return request
}

func receiveDump(fd int) ([]socket, error) {
	var sockets []socket
	buffer := make([]byte, receiveBuffer)
	for {
		length, _, err := unix.Recvfrom(fd, buffer, 0)
		if err != nil {
			return nil, fmt.Errorf("netlink sock_diag did not answer: %w", err)
		}
		messages, err := syscall.ParseNetlinkMessage(buffer[:length])
		if err != nil {
			return nil, fmt.Errorf("netlink sock_diag answered with something else: %w", err)
		}
		for _, message := range messages {
			switch message.Header.Type {
			case unix.NLMSG_DONE:
				return sockets, nil
			case unix.NLMSG_ERROR:
				return nil, fmt.Errorf("netlink sock_diag refused: %w", errorOf(message.Data))
			case sockDiagByFamily:
				if found, ok := parseSocket(message.Data); ok {
					sockets = append(sockets, found)
				}
			}
		}
	}
}

func errorOf(data []byte) error {
	if len(data) < 4 {
		return syscall.EBADMSG
	}
	return syscall.Errno(-int32(binary.NativeEndian.Uint32(data)))
}

// parseSocket reads an inet_diag_msg and the tcp_info behind it; a connection without one (it is just
// being closed) is left out.
func parseSocket(data []byte) (socket, bool) {
	if len(data) < diagMessageLength {
		return socket{}, false
	}
	native := binary.NativeEndian
	found := socket{
		local:    binary.BigEndian.Uint16(data[4:]),
		remote:   binary.BigEndian.Uint16(data[6:]),
		cookie:   native.Uint64(data[44:]),
		receiveQ: native.Uint32(data[56:]),
		sendQ:    native.Uint32(data[60:]),
	}
	info, ok := attribute(data[diagMessageLength:], inetDiagInfo)
	if !ok || len(info) < tcpInfoMinimum {
		return socket{}, false
	}
	found.rttUs = native.Uint32(info[rttOffset:])
	found.retransmits = native.Uint32(info[retransOffset:])
	if len(info) >= notSentOffset+4 {
		found.notSent = native.Uint32(info[notSentOffset:])
	}
	return found, true
}

func attribute(data []byte, wanted uint16) ([]byte, bool) {
	for len(data) >= attributeHeader {
		length := int(binary.NativeEndian.Uint16(data))
		if length < attributeHeader || length > len(data) {
			return nil, false
		}
		if binary.NativeEndian.Uint16(data[2:]) == wanted {
			return data[attributeHeader:length], true
		}
		next := (length + 3) &^ 3
		if next > len(data) {
			return nil, false
		}
		data = data[next:]
	}
	return nil, false
}

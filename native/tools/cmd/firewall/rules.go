package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// shares are in millionths.
const whole = 1_000_000

// tcp header
const (
	sourcePortOffset      = 0
	destinationPortOffset = 2
)

// rules hold their netlink connection open: the table is the connection's, and ends with it.
type rules struct {
	mu    sync.Mutex
	conn  *nftables.Conn
	table *nftables.Table
	chain *nftables.Chain
}

// drops counts segments.
type drops struct {
	To   uint64 `json:"to"`
	From uint64 `json:"from"`
}

func install(port uint16, share float64, direction string) (*rules, error) {
	table := &nftables.Table{Name: fmt.Sprintf("hunt-%d", os.Getpid()), Family: nftables.TableFamilyIPv4}
	own := func(socket *netlink.Conn) error { return makeOwnedTable(socket, table.Name) }
	conn, err := nftables.New(nftables.AsLasting(), nftables.WithSockOptions(own))
	if err != nil {
		return nil, err
	}
	chain := conn.AddChain(&nftables.Chain{
		Name:     "drops",
		Table:    table,
		Type:     nftables.ChainTypeFilter,
		Hooknum:  nftables.ChainHookInput,
		Priority: nftables.ChainPriorityFilter,
	})
	r := &rules{conn: conn, table: table, chain: chain}
	if direction != "from" {
		r.add("to", destinationPortOffset, port, share)
	}
	if direction != "to" {
		r.add("from", sourcePortOffset, port, share)
	}
	if err := conn.Flush(); err != nil {
		_ = conn.CloseLasting()
		return nil, err
	}
	return r, nil
}

func (r *rules) add(name string, offset uint32, port uint16, share float64) {
	matches := []expr.Any{
		&expr.Meta{Key: expr.MetaKeyIIFNAME, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: interfaceName("lo")},
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{unix.IPPROTO_TCP}},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: offset, Len: 2},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: binaryutil.BigEndian.PutUint16(port)},
	}
	if share < 1 {
		matches = append(matches,
			&expr.Numgen{Register: 1, Modulus: whole, Type: unix.NFT_NG_RANDOM},
			// Numbers are compared byte by byte, so the first byte has to be the highest one.
			&expr.Byteorder{SourceRegister: 1, DestRegister: 1, Op: expr.ByteorderHton, Len: 4, Size: 4},
			&expr.Cmp{Op: expr.CmpOpLt, Register: 1, Data: bigEndian(uint32(share * whole))},
		)
	}
	r.conn.AddRule(&nftables.Rule{
		Table:    r.table,
		Chain:    r.chain,
		UserData: []byte(name),
		Exprs:    append(matches, &expr.Counter{}, &expr.Verdict{Kind: expr.VerdictDrop}),
	})
}

func (r *rules) drops() (drops, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found drops
	listed, err := r.conn.GetRules(r.table, r.chain)
	if err != nil {
		return found, err
	}
	for _, rule := range listed {
		for _, each := range rule.Exprs {
			counter, ok := each.(*expr.Counter)
			if !ok {
				continue
			}
			if string(rule.UserData) == "to" {
				found.To = counter.Packets
			} else {
				found.From = counter.Packets
			}
		}
	}
	return found, nil
}

func (r *rules) close() { _ = r.conn.CloseLasting() }

func interfaceName(name string) []byte {
	padded := make([]byte, 16)
	copy(padded, name)
	return padded
}

func bigEndian(value uint32) []byte {
	return binary.BigEndian.AppendUint32(nil, value)
}

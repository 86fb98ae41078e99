package main

import (
	"encoding/binary"
	"fmt"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// tableOwner is NFT_TABLE_F_OWNER of linux/netfilter/nf_tables.h: the table ends with the socket that made it.
const tableOwner = 0x2

// makeOwnedTable is done by hand, since the library makes tables without flags only.
func makeOwnedTable(socket *netlink.Conn, name string) error {
	attributes, err := netlink.MarshalAttributes([]netlink.Attribute{
		{Type: unix.NFTA_TABLE_NAME, Data: append([]byte(name), 0)},
		{Type: unix.NFTA_TABLE_FLAGS, Data: binary.BigEndian.AppendUint32(nil, tableOwner)},
	})
	if err != nil {
		return err
	}
	const subsystem = unix.NFNL_SUBSYS_NFTABLES
	batch := []netlink.Message{
		message(unix.NFNL_MSG_BATCH_BEGIN, netlink.Request, unix.AF_UNSPEC, subsystem, nil),
		message(subsystem<<8|unix.NFT_MSG_NEWTABLE, netlink.Request|netlink.Create|netlink.Acknowledge,
			unix.AF_INET, 0, attributes),
		message(unix.NFNL_MSG_BATCH_END, netlink.Request, unix.AF_UNSPEC, subsystem, nil),
	}
	if _, err := socket.SendMessages(batch); err != nil {
		return err
	}
	if _, err := socket.Receive(); err != nil {
		return fmt.Errorf("a table of our own: %w", err)
	}
	return nil
}

func message(kind int, flags netlink.HeaderFlags, family byte, resource uint16, data []byte) netlink.Message {
	// struct nfgenmsg: family, version, resource id.
	body := append([]byte{family, unix.NFNETLINK_V0}, binary.BigEndian.AppendUint16(nil, resource)...)
	return netlink.Message{
		Header: netlink.Header{Type: netlink.HeaderType(kind), Flags: flags},
		Data:   append(body, data...),
	}
}

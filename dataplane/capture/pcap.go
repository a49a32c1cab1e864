package capture

import (
	"encoding/binary"
	"io"
	"time"
)

// The head of a libpcap file (draft-ietf-opsawg-pcap): times in microseconds,
// frames of Ethernet.
const (
	pcapMagic    = 0xa1b2c3d4
	pcapMajor    = 2
	pcapMinor    = 4
	linkEthernet = 1
)

// writeHeader begins a libpcap file.
func writeHeader(w io.Writer, snaplen int) error {
	var b [24]byte
	binary.LittleEndian.PutUint32(b[0:], pcapMagic)
	binary.LittleEndian.PutUint16(b[4:], pcapMajor)
	binary.LittleEndian.PutUint16(b[6:], pcapMinor)
	binary.LittleEndian.PutUint32(b[16:], uint32(snaplen))
	binary.LittleEndian.PutUint32(b[20:], linkEthernet)
	_, err := w.Write(b[:])
	return err
}

// packet is a frame, or the first part of it.
type packet struct {
	at   time.Time
	data []byte
	size int // of the whole frame
}

// write appends the packet to a libpcap file.
func (p packet) write(w io.Writer) error {
	var b [16]byte
	binary.LittleEndian.PutUint32(b[0:], uint32(p.at.Unix()))
	binary.LittleEndian.PutUint32(b[4:], uint32(p.at.Nanosecond()/1000))
	binary.LittleEndian.PutUint32(b[8:], uint32(len(p.data)))
	binary.LittleEndian.PutUint32(b[12:], uint32(p.size))
	if _, err := w.Write(b[:]); err != nil {
		return err
	}
	_, err := w.Write(p.data)
	return err
}

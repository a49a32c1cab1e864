package e2e

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/rogpeppe/go-internal/testscript"
)

// pcapCommand is pcap FILE: it writes a line for each TCP packet over IPv4 in a
// libpcap file of Ethernet frames, as tcpdump would.
func pcapCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: pcap FILE")
	}
	b := []byte(ts.ReadFile(args[0]))
	if len(b) < 24 || binary.LittleEndian.Uint32(b) != 0xa1b2c3d4 || binary.LittleEndian.Uint32(b[20:]) != 1 {
		ts.Fatalf("%s is no libpcap file of Ethernet frames", args[0])
	}
	for b = b[24:]; len(b) > 0; {
		if len(b) < 16 || uint32(len(b)-16) < binary.LittleEndian.Uint32(b[8:]) {
			ts.Fatalf("%s is cut off", args[0])
		}
		frame := b[16 : 16+binary.LittleEndian.Uint32(b[8:])]
		b = b[16+len(frame):]
		if len(frame) < 54 || frame[12] != 8 || frame[13] != 0 || frame[23] != 6 {
			ts.Fatalf("%x is no TCP packet", frame)
		}
		src, _ := netip.AddrFromSlice(frame[26:30])
		dst, _ := netip.AddrFromSlice(frame[30:34])
		fmt.Fprintf(ts.Stdout(), "%s.%d > %s.%d\n", src, binary.BigEndian.Uint16(frame[34:]), dst, binary.BigEndian.Uint16(frame[36:]))
	}
}

// Package capture records what passes an interface, as libpcap's files have it,
// and compiles the filters that choose packets.
//
// A filter is in the language of pcap-filter(7), of which this much is known:
//
//	host ADDR, net NET, port N, portrange N-M, each after src or dst, or neither
//	ip, arp, tcp, udp, icmp; ip or arp before host and net, tcp or udp before port
//	proto N (or tcp, udp, icmp), for other protocols over IP
//	and, or, not, with && || ! and parentheses; "and" and "or" bind alike, from the left
//
// As there, an address or number alone takes the qualifiers before it:
// "port 80 or 443", "src host 10.0.0.5 or 10.0.0.6".
package capture

package vpc

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
)

// rule is one nftables rule of a chain that varies: what matches, what is done
// then, and where it goes on. anyPacket is where a rule starts from.
type rule struct {
	Peer     direction    // ingress matches the source, egress the destination
	CIDR     netip.Prefix // of the peer, or
	Outside  bool         // everything but CIDR, or
	Set      string       // the set that the peer is in
	Protocol int          // -1 for all
	From, To int          // ports; ICMP type and code; -1 for any
	Accepts  bool         // only what accepts a TCP connection (SYN-ACK)
	Way      way          // of the connection, "" for both

	Limit int        // matches from so many connections on that the NAT gateway has to one destination
	Count string     // the counter that counts it, instead of one without a name
	Log   string     // says this of it to the flow logs
	Mark  netip.Addr // what the connection is marked with

	Jump    string  // chain to jump to, or
	Verdict verdict // "" accepts
}

// anyPacket is a rule that matches everything.
var anyPacket = rule{Protocol: -1, From: -1, To: -1}

// verdict is what becomes of a packet.
type verdict string

const (
	verdictReturn   verdict = "return"
	verdictDrop     verdict = "drop"
	verdictContinue verdict = "continue"
)

// way is one of a connection's two directions.
type way string

const (
	original way = "original"
	reply    way = "reply"
)

// String writes the rule about as nft does; it is the rule's identity.
func (r rule) String() string {
	var b strings.Builder
	field := "saddr"
	if r.Peer == egress {
		field = "daddr"
	}
	if r.Way != "" {
		fmt.Fprintf(&b, "ct direction %s ", r.Way)
	}
	switch {
	case r.Set != "":
		fmt.Fprintf(&b, "ip %s @%s ", field, r.Set)
	case r.Outside:
		fmt.Fprintf(&b, "ip %s != %s ", field, r.CIDR)
	case r.CIDR.Bits() > 0:
		fmt.Fprintf(&b, "ip %s %s ", field, r.CIDR)
	}
	if r.Protocol >= 0 {
		fmt.Fprintf(&b, "l4proto %d ", r.Protocol)
		if r.From >= 0 {
			fmt.Fprintf(&b, "%d", r.From)
			if r.To >= 0 {
				fmt.Fprintf(&b, "-%d", r.To)
			}
			b.WriteByte(' ')
		}
	}
	if r.Accepts {
		b.WriteString("tcp flags syn,ack ")
	}
	if r.Limit > 0 {
		fmt.Fprintf(&b, "ct count over %d ", r.Limit)
	}
	if r.Count != "" {
		fmt.Fprintf(&b, "counter name %s ", r.Count)
	}
	if r.Log != "" {
		fmt.Fprintf(&b, "log prefix %q ", r.Log)
	}
	if r.Mark.IsValid() {
		fmt.Fprintf(&b, "ct mark set %s ", r.Mark)
	}
	switch {
	case r.Jump != "":
		b.WriteString("jump " + r.Jump)
	case r.Verdict != "":
		b.WriteString(string(r.Verdict))
	default:
		b.WriteString("accept")
	}
	return b.String()
}

// digest names the content of a chain; it is kept with the chain's first rule.
func digest(rules []rule) string {
	if len(rules) == 0 {
		return ""
	}
	h := sha256.New()
	for _, r := range rules {
		fmt.Fprintln(h, r)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

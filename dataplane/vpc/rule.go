package vpc

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strconv"
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
func (r rule) String() string { return string(r.append(nil)) }

// append appends the rule as String writes it. Networks have thousands.
func (r rule) append(b []byte) []byte {
	if r.Way != "" {
		b = words(b, "ct direction", string(r.Way))
	}
	b = r.appendPeer(b)
	if r.Protocol >= 0 {
		b = number(b, "l4proto", r.Protocol)
		if r.From >= 0 {
			b = strconv.AppendInt(b, int64(r.From), 10)
			if r.To >= 0 {
				b = strconv.AppendInt(append(b, '-'), int64(r.To), 10)
			}
			b = append(b, ' ')
		}
	}
	if r.Accepts {
		b = words(b, "tcp flags syn,ack")
	}
	if r.Limit > 0 {
		b = number(b, "ct count over", r.Limit)
	}
	if r.Count != "" {
		b = words(b, "counter name", r.Count)
	}
	if r.Log != "" {
		b = words(b, "log prefix", r.Log)
	}
	if r.Mark.IsValid() {
		b = append(r.Mark.AppendTo(append(b, "ct mark set "...)), ' ')
	}
	switch {
	case r.Jump != "":
		return append(append(b, "jump "...), r.Jump...)
	case r.Verdict != "":
		return append(b, r.Verdict...)
	}
	return append(b, "accept"...)
}

func (r rule) appendPeer(b []byte) []byte {
	field := "ip saddr "
	if r.Peer == egress {
		field = "ip daddr "
	}
	switch {
	case r.Set != "":
		return words(append(append(b, field...), '@'), r.Set)
	case r.Outside:
		b = append(append(b, field...), "!= "...)
	case r.CIDR.Bits() > 0:
		b = append(b, field...)
	default:
		return b
	}
	return append(r.CIDR.AppendTo(b), ' ')
}

// words appends words with a space behind each.
func words(b []byte, all ...string) []byte {
	for _, w := range all {
		b = append(append(b, w...), ' ')
	}
	return b
}

func number(b []byte, what string, n int) []byte {
	return append(strconv.AppendInt(words(b, what), int64(n), 10), ' ')
}

// digest names the content of a chain; it is kept with the chain's first rule.
func digest(rules []rule) string {
	if len(rules) == 0 {
		return ""
	}
	var b []byte
	for _, r := range rules {
		b = append(r.append(b), '\n')
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

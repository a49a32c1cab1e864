package capture

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// node is a filter: a test of a packet, or what joins such tests.
type node interface{ node() }

type (
	both   struct{ a, b node }
	either struct{ a, b node }
	none   struct{ of node }
	// test holds when a number in the packet, masked, is within bounds.
	test struct {
		offset uint32
		size   int  // bytes: 1, 2 or 4
		inIP   bool // offset counts from the end of the IPv4 header
		mask   uint32
		lo, hi uint32
	}
)

func (both) node()   {}
func (either) node() {}
func (none) node()   {}
func (test) node()   {}

// kind is what an identifier in a filter is.
type kind string

const (
	kindNone      kind = ""
	kindHost      kind = "host"
	kindNet       kind = "net"
	kindPort      kind = "port"
	kindPortRange kind = "portrange"
	kindProto     kind = "proto"
)

// qualifiers are the words before an identifier.
type qualifiers struct {
	proto string // "", ip, arp, tcp, udp, icmp
	dir   string // "", src, dst
	kind  kind
}

// maxDepth bounds parentheses and negations, as the parser calls itself for each.
const maxDepth = 100

// parser turns a filter's words into nodes.
type parser struct {
	words []string
	depth int
	last  qualifiers
}

// parse reads a filter; nil stands for the empty one, which everything passes.
func parse(filter string) (node, error) {
	p := &parser{words: split(filter)}
	if len(p.words) == 0 {
		return nil, nil
	}
	n, err := p.expression()
	if err == nil && len(p.words) > 0 {
		err = fmt.Errorf("unexpected %q", p.words[0])
	}
	if err != nil {
		return nil, fmt.Errorf("filter %q: %w", filter, err)
	}
	return n, nil
}

// split cuts a filter into words; parentheses and ! are words of their own.
func split(filter string) []string {
	for _, own := range []string{"(", ")", "!", "&&", "||"} {
		filter = strings.ReplaceAll(filter, own, " "+own+" ")
	}
	return strings.Fields(filter)
}

func (p *parser) peek() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.words[0]
}

// take returns the next word if it is one of these.
func (p *parser) take(words ...string) (string, bool) {
	if len(p.words) == 0 || !slices.Contains(words, p.words[0]) {
		return "", false
	}
	w := p.words[0]
	p.words = p.words[1:]
	return w, true
}

func (p *parser) expression() (node, error) {
	n, err := p.unary()
	for err == nil {
		word, ok := p.take("and", "&&", "or", "||")
		if !ok {
			break
		}
		var right node
		if right, err = p.unary(); err != nil {
			break
		}
		if word == "and" || word == "&&" {
			n = both{n, right}
		} else {
			n = either{n, right}
		}
	}
	return n, err
}

func (p *parser) unary() (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("more than %d levels", maxDepth)
	}
	defer func() { p.depth-- }()
	if _, ok := p.take("not", "!"); ok {
		n, err := p.unary()
		return none{n}, err
	}
	if _, ok := p.take("("); ok {
		n, err := p.expression()
		if err != nil {
			return nil, err
		}
		if _, ok := p.take(")"); !ok {
			return nil, fmt.Errorf("a ) is missing")
		}
		return n, nil
	}
	return p.primitive()
}

// primitive reads qualifiers and an identifier, or a protocol alone.
func (p *parser) primitive() (node, error) {
	var q qualifiers
	q.proto, _ = p.take("ip", "arp", "tcp", "udp", "icmp")
	q.dir, _ = p.take("src", "dst")
	word, _ := p.take(string(kindHost), string(kindNet), string(kindPort), string(kindPortRange), string(kindProto))
	q.kind = kind(word)
	if q == (qualifiers{proto: q.proto}) && q.proto != "" && !isIdentifier(p.peek()) {
		p.last = q
		return protocol(q.proto), nil
	}
	if q == (qualifiers{}) {
		q = p.last
	}
	if len(p.words) == 0 {
		return nil, fmt.Errorf("it ends where an expression should come")
	}
	id := p.words[0]
	p.words = p.words[1:]
	n, err := q.match(id)
	if err != nil {
		return nil, err
	}
	p.last = q
	return n, nil
}

// isIdentifier says that a word is an address or a number, and none of the language's.
func isIdentifier(word string) bool { return word != "" && word[0] >= '0' && word[0] <= '9' }

// match returns the test of an identifier under its qualifiers.
func (q qualifiers) match(id string) (node, error) {
	if !isIdentifier(id) && q.kind != kindProto {
		return nil, fmt.Errorf("%q: want an IPv4 address, a network or a number after host, net, port, portrange; "+
			"or ip, arp, tcp, udp, icmp, proto, and, or, not, parentheses", id)
	}
	switch q.kind {
	case kindNone, kindHost:
		if q.kind == kindNone && strings.Contains(id, "/") {
			return q.network(id)
		}
		addr, err := netip.ParseAddr(id)
		if err != nil || !addr.Is4() {
			return nil, fmt.Errorf("host %q isn't an IPv4 address", id)
		}
		return q.addresses(netip.PrefixFrom(addr, 32))
	case kindNet:
		return q.network(id)
	case kindPort:
		n, err := number(id, 65535)
		if err != nil {
			return nil, fmt.Errorf("port %w", err)
		}
		return q.ports(n, n)
	case kindPortRange:
		from, to, _ := strings.Cut(id, "-")
		lo, err := number(from, 65535)
		if err != nil {
			return nil, fmt.Errorf("portrange %w", err)
		}
		hi, err := number(to, 65535)
		if err != nil {
			return nil, fmt.Errorf("portrange %w", err)
		}
		return q.ports(min(lo, hi), max(lo, hi))
	}
	return q.ipProtocol(id)
}

func number(s string, most uint32) (uint32, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || uint32(n) > most {
		return 0, fmt.Errorf("%q: want a number up to %d", s, most)
	}
	return uint32(n), nil
}

// network reads a block, of which trailing parts may be left out: 10.1 is
// 10.1.0.0/16.
func (q qualifiers) network(id string) (node, error) {
	part, bits, ok := strings.Cut(id, "/")
	known := strings.Count(part, ".") + 1
	if !ok {
		bits = strconv.Itoa(8 * known)
	}
	block, err := netip.ParsePrefix(part + strings.Repeat(".0", max(0, 4-known)) + "/" + bits)
	if err != nil || !block.Addr().Is4() {
		return nil, fmt.Errorf("net %q isn't an IPv4 network", id)
	}
	if block != block.Masked() {
		return nil, fmt.Errorf("net %q has bits beyond its length", id)
	}
	return q.addresses(block)
}

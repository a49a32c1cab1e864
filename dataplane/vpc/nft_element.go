package vpc

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"slices"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

// ifNameSize is IFNAMSIZ of linux/if.h.
const ifNameSize = 16

// encode returns the kernel's form of an element; an interval takes two.
func (e element) encode() ([]nftables.SetElement, error) {
	switch e.set {
	case setCIDRs:
		p, err := netip.ParsePrefix(e.key)
		if err != nil {
			return nil, fmt.Errorf("set %s: %w", e.set, err)
		}
		return []nftables.SetElement{
			{Key: p.Masked().Addr().AsSlice()},
			{Key: afterPrefix(p).AsSlice(), IntervalEnd: true},
		}, nil
	case setLinks:
		link, addr, _ := strings.Cut(e.key, " . ")
		a, err := netip.ParseAddr(addr)
		if err != nil {
			return nil, fmt.Errorf("set %s: %w", e.set, err)
		}
		key := make([]byte, ifNameSize, ifNameSize+4)
		copy(key, link)
		return []nftables.SetElement{{Key: append(key, a.AsSlice()...)}}, nil
	}
	a, err := netip.ParseAddr(e.key)
	if err != nil {
		return nil, fmt.Errorf("set %s: %w", e.set, err)
	}
	el := nftables.SetElement{Key: a.AsSlice()}
	switch e.set {
	case setIn, setOut:
		// The comment is for decode: the library doesn't read verdicts.
		el.VerdictData = &expr.Verdict{Kind: expr.VerdictJump, Chain: e.value}
		el.Comment = e.value
	case setPub2Priv, setPriv2Pub:
		v, err := netip.ParseAddr(e.value)
		if err != nil {
			return nil, fmt.Errorf("map %s: %w", e.set, err)
		}
		el.Val = v.AsSlice()
	}
	return []nftables.SetElement{el}, nil
}

// decode returns the elements of a set as the kernel lists them.
func decode(set string, list []nftables.SetElement) elements {
	es := elements{}
	if set == setCIDRs {
		for _, p := range decodeIntervals(list) {
			es[p.String()] = ""
		}
		return es
	}
	for _, el := range list {
		switch set {
		case setLinks:
			if len(el.Key) == ifNameSize+4 {
				name, _, _ := bytes.Cut(el.Key[:ifNameSize], []byte{0})
				es[string(name)+" . "+ip(el.Key[ifNameSize:])] = ""
			}
		case setIn, setOut:
			es[ip(el.Key)] = el.Comment
		case setPub2Priv, setPriv2Pub:
			es[ip(el.Key)] = ip(el.Val)
		default:
			es[ip(el.Key)] = ""
		}
	}
	return es
}

// decodeIntervals pairs the starts and ends of blocks.
func decodeIntervals(list []nftables.SetElement) []netip.Prefix {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b nftables.SetElement) int {
		if c := bytes.Compare(a.Key, b.Key); c != 0 {
			return c
		}
		if a.IntervalEnd == b.IntervalEnd {
			return 0
		}
		if a.IntervalEnd { // a block ends before the next one starts
			return -1
		}
		return 1
	})
	var ps []netip.Prefix
	for i := 0; i+1 < len(list); i++ {
		from, to := list[i], list[i+1]
		if from.IntervalEnd || !to.IntervalEnd || len(from.Key) != 4 || len(to.Key) != 4 {
			continue
		}
		size := binary.BigEndian.Uint32(to.Key) - binary.BigEndian.Uint32(from.Key)
		a, _ := netip.AddrFromSlice(from.Key)
		ps = append(ps, netip.PrefixFrom(a, 32-bits.TrailingZeros32(size)))
	}
	return ps
}

// afterPrefix returns the first address behind a block.
func afterPrefix(p netip.Prefix) netip.Addr {
	first := p.Masked().Addr().As4()
	n := binary.BigEndian.Uint32(first[:]) + 1<<(32-p.Bits())
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b)
}

func ip(b []byte) string {
	a, _ := netip.AddrFromSlice(b)
	return a.String()
}

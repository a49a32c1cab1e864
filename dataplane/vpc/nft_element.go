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
	kind := fixedSets[e.set]
	list, err := kind.encodeKey(e.key)
	if err != nil {
		return nil, fmt.Errorf("set %s: %w", e.set, err)
	}
	switch {
	case kind.toChain:
		// The comment is for decode: the library doesn't read verdicts.
		list[0].VerdictData = &expr.Verdict{Kind: expr.VerdictJump, Chain: e.value}
		list[0].Comment = e.value
	case kind.toAddr, kind.toGroups:
		v, err := netip.ParseAddr(e.value)
		if err != nil {
			return nil, fmt.Errorf("map %s: %w", e.set, err)
		}
		list[0].Val = v.AsSlice()
	}
	return list, nil
}

func (k setKind) encodeKey(key string) ([]nftables.SetElement, error) {
	switch k.key {
	case keyPrefix:
		p, err := netip.ParsePrefix(key)
		if err != nil {
			return nil, err
		}
		return []nftables.SetElement{
			{Key: p.Masked().Addr().AsSlice()},
			{Key: afterPrefix(p).AsSlice(), IntervalEnd: true},
		}, nil
	case keyLink:
		link, addr, _ := strings.Cut(key, " . ")
		a, err := netip.ParseAddr(addr)
		if err != nil {
			return nil, err
		}
		b := make([]byte, ifNameSize, ifNameSize+4)
		copy(b, link)
		return []nftables.SetElement{{Key: append(b, a.AsSlice()...)}}, nil
	}
	a, err := netip.ParseAddr(key)
	if err != nil {
		return nil, err
	}
	return []nftables.SetElement{{Key: a.AsSlice()}}, nil
}

// decode returns the elements of a set as the kernel lists them.
func decode(set string, list []nftables.SetElement) elements {
	kind := fixedSets[set]
	value := func(el nftables.SetElement) string {
		switch {
		case kind.toChain:
			return el.Comment
		case kind.toAddr, kind.toGroups:
			return ip(el.Val)
		}
		return ""
	}
	es := elements{}
	switch kind.key {
	case keyPrefix:
		eachInterval(list, func(p netip.Prefix, start nftables.SetElement) { es[p.String()] = value(start) })
	case keyLink:
		for _, el := range list {
			if len(el.Key) == ifNameSize+4 {
				name, _, _ := bytes.Cut(el.Key[:ifNameSize], []byte{0})
				es[string(name)+" . "+ip(el.Key[ifNameSize:])] = value(el)
			}
		}
	default:
		for _, el := range list {
			es[ip(el.Key)] = value(el)
		}
	}
	return es
}

// eachInterval pairs the starts and ends of blocks.
func eachInterval(list []nftables.SetElement, yield func(netip.Prefix, nftables.SetElement)) {
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
	for i := 0; i+1 < len(list); i++ {
		from, to := list[i], list[i+1]
		if from.IntervalEnd || !to.IntervalEnd || len(from.Key) != 4 || len(to.Key) != 4 {
			continue
		}
		size := binary.BigEndian.Uint32(to.Key) - binary.BigEndian.Uint32(from.Key)
		a, _ := netip.AddrFromSlice(from.Key)
		yield(netip.PrefixFrom(a, 32-bits.TrailingZeros32(size)), from)
	}
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

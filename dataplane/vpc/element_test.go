package vpc

import (
	"maps"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/nftables"
	"pgregory.net/rapid"
)

// What is encoded is decoded again, in whatever order the kernel lists it.
func TestElementsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := rapid.SampledFrom(append(slices.Sorted(maps.Keys(fixedSets)), memberSet("sg-a"))).Draw(t, "set")
		want := elements{}
		for range rapid.IntRange(0, 5).Draw(t, "n") {
			a := anyAddr(t)
			value := ""
			switch kind := fixedSets[set]; {
			case kind.toChain:
				value = "in_sg-a"
			case kind.toAddr:
				value = anyAddr(t).String()
			case kind.toGroups:
				value = combination([]string{a.String()})
			}
			switch fixedSets[set].key {
			case keyPrefix:
				p := netip.PrefixFrom(a, rapid.IntRange(8, 28).Draw(t, "bits")).Masked()
				if p.Addr().As4()[0] < 255 {
					want[p.String()] = value
				}
			case keyLink:
				want[eniLink(a)+" . "+a.String()] = value
			case keyGroups:
				want[combination([]string{a.String()})] = value
			default:
				want[a.String()] = value
			}
		}
		if fixedSets[set].key == keyPrefix {
			want = withoutOverlap(want)
		}
		var list []nftables.SetElement
		for key, value := range want {
			enc, err := element{set, key, value}.encode()
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, enc...)
		}
		got := decode(set, rapid.Permutation(list).Draw(t, "order"))
		if len(got) != len(want) {
			t.Fatalf("%s: got %v, want %v", set, got, want)
		}
		for key, value := range want {
			if v, ok := got[key]; !ok || v != value {
				t.Fatalf("%s: got %v, want %v", set, got, want)
			}
		}
	})
}

func withoutOverlap(es elements) elements {
	var ps []netip.Prefix
	for key := range es {
		ps = append(ps, netip.MustParsePrefix(key))
	}
	out := elements{}
	for _, p := range mergePrefixes(ps) {
		out[p.String()] = es[p.String()]
	}
	return out
}

func TestEncodeRefusesNonsense(t *testing.T) {
	for _, e := range []element{
		{setCIDRs, "10.0.0.0", ""}, {setLinks, "e1", ""}, {setPublic, "x", ""}, {setPub2Priv, "100.64.0.1", "x"},
	} {
		if _, err := e.encode(); err == nil {
			t.Errorf("%v is accepted", e)
		}
	}
}

func TestDecodeSurvivesForeignElements(t *testing.T) {
	odd := []nftables.SetElement{{}, {Key: []byte{1}}, {Key: []byte{1, 2, 3, 4}}, {Key: []byte{9}, IntervalEnd: true}}
	for set := range fixedSets {
		decode(set, odd)
	}
}

// Merged prefixes cover the same addresses and none another.
func TestMergePrefixes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ps []netip.Prefix
		for range rapid.IntRange(0, 6).Draw(t, "n") {
			b := byte(rapid.IntRange(0, 3).Draw(t, "byte"))
			ps = append(ps, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, b, b << 4, 0}), rapid.IntRange(8, 24).Draw(t, "bits")))
		}
		merged := mergePrefixes(ps)
		for i, a := range merged {
			for j, b := range merged {
				if i != j && a.Overlaps(b) {
					t.Fatalf("%v: %s and %s overlap", ps, a, b)
				}
			}
		}
		for _, p := range ps {
			covered := slices.ContainsFunc(merged, func(m netip.Prefix) bool { return m.Bits() <= p.Bits() && m.Contains(p.Addr()) })
			if !covered {
				t.Fatalf("%s isn't covered by %v", p, merged)
			}
		}
		for _, m := range merged {
			if !slices.ContainsFunc(ps, func(p netip.Prefix) bool { return p.Masked() == m }) {
				t.Fatalf("%s comes from nowhere", m)
			}
		}
	})
}

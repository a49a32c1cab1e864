package ec2

import (
	"net/netip"
	"testing"
)

func FuzzParseBlock(f *testing.F) {
	for _, seed := range []string{"10.0.0.0/16", "10.0.0.1/24", "::/0", "0.0.0.0/0", "10.0.0.0", "/", "1.2.3.4/33"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseBlock("cidrBlock", text)
		if err != nil {
			wantCode(t, err, "InvalidParameterValue")
			return
		}
		if again, err := ParseBlock("cidrBlock", p.String()); err != nil || again != p || !p.Addr().Is4() || p != p.Masked() {
			t.Errorf("%q is %s, and that %s, %v", text, p, again, err)
		}
	})
}

func TestNextBlock(t *testing.T) {
	for from, want := range map[string]string{
		"172.31.0.0/20": "172.31.16.0/20", "172.31.240.0/20": "172.32.0.0/20", "10.0.0.0/28": "10.0.0.16/28", "10.255.0.0/16": "11.0.0.0/16",
	} {
		if got := nextBlock(netip.MustParsePrefix(from)); got != netip.MustParsePrefix(want) {
			t.Errorf("after %s comes %s, want %s", from, got, want)
		}
	}
	if got := nextBlock(netip.MustParsePrefix("255.255.240.0/20")); got.Addr().IsValid() {
		t.Errorf("after the last comes %s", got)
	}
}

func TestAddressSeed(t *testing.T) {
	if got := AddressSeed("eipalloc-0123456789abcdef0"); got != 0x9abcdef0 {
		t.Errorf("seed %x", got)
	}
}

func TestFindZone(t *testing.T) {
	for _, c := range []struct{ name, id, want string }{
		{"", "", "eu-west-1a"}, {"eu-west-1b", "", "eu-west-1b"}, {"", "euw1-az3", "eu-west-1c"}, {"eu-west-1b", "euw1-az2", "eu-west-1b"},
		{"eu-west-1b", "euw1-az1", ""}, {"eu-west-1d", "", ""}, {"", "use1-az1", ""},
	} {
		z, err := FindZone("eu-west-1", c.name, c.id)
		if z.Name != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q %q: %+v, %v", c.name, c.id, z, err)
		}
	}
}

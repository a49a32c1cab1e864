package ecs

import (
	"testing"

	"pgregory.net/rapid"
)

func TestParseCPU(t *testing.T) {
	for _, c := range []struct {
		in    string
		units int
		ok    bool
	}{
		{"256", 256, true}, {" 1024 ", 1024, true},
		{".25 vCPU", 256, true}, {"0.5 vcpu", 512, true}, {"1 vCPU", 1024, true}, {"16vcpu", 16384, true}, {"2.0 VCPU", 2048, true},
		{"", 0, false}, {"vcpu", 0, false}, {"-256", 0, false}, {"+256", 0, false}, {"0", 0, false}, {"1.5", 0, false},
		{"1 GB", 0, false}, {"1e3 vcpu", 0, false}, {"inf vcpu", 0, false}, {"nan vcpu", 0, false}, {"0x10 vcpu", 0, false},
		{".0001 vCPU", 0, false}, {"99999999999999999999", 0, false}, {"99999999999 vcpu", 0, false}, {". vcpu", 0, false},
	} {
		units, ok := ParseCPU(c.in)
		if ok != c.ok || ok && units != c.units {
			t.Errorf("ParseCPU(%q) = %d, %v; want %d, %v", c.in, units, ok, c.units, c.ok)
		}
	}
}

func TestParseMemory(t *testing.T) {
	for _, c := range []struct {
		in  string
		mib int
		ok  bool
	}{
		{"512", 512, true}, {"0.5GB", 512, true}, {"1 GB", 1024, true}, {"30 gb", 30720, true},
		{"1 vCPU", 0, false}, {"GB", 0, false}, {"1 MB", 0, false}, {"1 G", 0, false},
	} {
		mib, ok := ParseMemory(c.in)
		if ok != c.ok || ok && mib != c.mib {
			t.Errorf("ParseMemory(%q) = %d, %v; want %d, %v", c.in, mib, ok, c.mib, c.ok)
		}
	}
}

func FuzzParseSize(f *testing.F) {
	for _, s := range []string{"256", ".25 vCPU", "1 GB", "", "1e9vcpu", "+1", "-0.5 gb", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, parse := range []func(string) (int, bool){ParseCPU, ParseMemory} {
			if n, ok := parse(s); ok && (n < 1 || n > maxSize) {
				t.Errorf("%q read as %d", s, n)
			}
		}
	})
}

// TestFargateSizes is the table of the Developer Guide, "Task CPU and memory".
func TestFargateSizes(t *testing.T) {
	gb := func(first, last, step int) (sizes []int) {
		for n := first; n <= last; n += step {
			sizes = append(sizes, n*1024)
		}
		return sizes
	}
	table := map[int][]int{
		256: {512, 1024, 2048}, 512: gb(1, 4, 1), 1024: gb(2, 8, 1), 2048: gb(4, 16, 1),
		4096: gb(8, 30, 1), 8192: gb(16, 60, 4), 16384: gb(32, 120, 8),
	}
	valid := map[[2]int]bool{}
	for cpu, memories := range table {
		for _, memory := range memories {
			valid[[2]int{cpu, memory}] = true
		}
	}
	for _, cpu := range []int{0, 128, 256, 512, 768, 1024, 2048, 4096, 8192, 16384, 32768} {
		for memory := 0; memory <= 130*1024; memory += 256 {
			if got := IsFargateSize(cpu, memory); got != valid[[2]int{cpu, memory}] {
				t.Errorf("IsFargateSize(%d, %d) = %v", cpu, memory, got)
			}
		}
	}
}

func TestNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a-zA-Z0-9_-]{1,255}`).Draw(t, "name")
		if !IsName(s) {
			t.Fatalf("%q is no name", s)
		}
		if bad := s + rapid.SampledFrom([]string{" ", "/", ":", ".", "é", "\x00", "*"}).Draw(t, "bad"); IsName(bad) {
			t.Fatalf("%q is a name", bad)
		}
	})
	for _, s := range []string{"", string(make([]byte, 256))} {
		if IsName(s) {
			t.Errorf("%q is a name", s)
		}
	}
}

func TestImages(t *testing.T) {
	const digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF"
	for image, want := range map[string]bool{
		"nginx": true, "public.ecr.aws/docker/library/nginx:1.27": true, "localhost:5000/a/b_c:v1": true,
		"nginx" + digest: true, "reg/nginx:1" + digest: true,
		"": false, "ng inx": false, "nginx$": false, "@" + digest[1:]: false, "nginx@sha256:12": false,
		"nginx@md5:0123456789abcdef0123456789abcdef": false, "nginx" + digest + "00": false,
	} {
		if got := isImage(image); got != want {
			t.Errorf("isImage(%q) = %v", image, got)
		}
	}
}

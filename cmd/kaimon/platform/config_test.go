package platform

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func valid() Config {
	return Config{
		DataDir: "/var/lib/kaimon", Listen: "127.0.0.1:4566", AccountID: "000000000000",
		PublicCIDR: netip.MustParsePrefix("100.64.0.0/16"), StoreEngine: "wal", Masquerade: "auto",
	}
}

func TestCheck(t *testing.T) {
	if err := valid().Check(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	for flag, change := range map[string]func(*Config){
		"--data-dir":     func(c *Config) { c.DataDir = "relative" },
		"--listen":       func(c *Config) { c.Listen = "4566" },
		"--account-id":   func(c *Config) { c.AccountID = "12" },
		"--public-cidr":  func(c *Config) { c.PublicCIDR = netip.MustParsePrefix("100.64.0.1/16") },
		"--masquerade":   func(c *Config) { c.Masquerade = "" },
		"--store-engine": func(c *Config) { c.StoreEngine = "etcd" },
	} {
		c := valid()
		change(&c)
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
	for _, small := range []string{"100.64.0.0/27", "fd00::/64"} {
		c := valid()
		c.PublicCIDR = netip.MustParsePrefix(small)
		if c.Check() == nil {
			t.Errorf("pool %s was taken", small)
		}
	}
}

// TestRouted holds that shared address space is masqueraded, any other pool
// isn't, and that one can say otherwise.
func TestRouted(t *testing.T) {
	for _, test := range []struct {
		pool, masquerade string
		want             bool
	}{
		{"100.64.0.0/16", "auto", false},
		{"100.127.255.192/26", "auto", false},
		{"100.128.0.0/16", "auto", true},
		{"203.0.113.0/24", "auto", true},
		{"10.9.0.0/16", "auto", true},
		{"10.9.0.0/16", "always", false},
		{"100.64.0.0/16", "never", true},
	} {
		c := valid()
		c.PublicCIDR, c.Masquerade = netip.MustParsePrefix(test.pool), test.masquerade
		if err := c.Check(); err != nil || c.routed() != test.want {
			t.Errorf("%s, %s: routed %t, %v", test.pool, test.masquerade, c.routed(), err)
		}
	}
}

// TestInstanceID holds that the name of an instance follows from its folder alone.
func TestInstanceID(t *testing.T) {
	a, b := valid(), valid()
	b.DataDir, b.Listen = "/var/lib/kaimon/", "127.0.0.1:1"
	if a.InstanceID() != b.InstanceID() || len(a.InstanceID()) != 8 {
		t.Errorf("%s and %s", a.InstanceID(), b.InstanceID())
	}
	b.DataDir = "/srv/other"
	if a.InstanceID() == b.InstanceID() {
		t.Error("two folders share an instance")
	}
}

func TestAccess(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadAccess(dir); err == nil || !strings.Contains(err.Error(), "kaimon server") {
		t.Errorf("without a server: %v", err)
	}
	access, err := newAccess("000000000000")
	if err != nil {
		t.Fatal(err)
	}
	access.Endpoint, access.PublicCIDR = "http://127.0.0.1:4566", valid().PublicCIDR
	path := filepath.Join(dir, "credentials.json")
	if err := access.write(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if got, err := ReadAccess(dir); err != nil || got != access {
		t.Errorf("read back %+v, %v", got, err)
	}
	text := strings.Join(access.Environment("eu-west-1"), "\n")
	for _, want := range []string{
		"AWS_ENDPOINT_URL=http://127.0.0.1:4566", "AWS_REGION=eu-west-1",
		"AWS_ACCESS_KEY_ID=" + access.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + access.SecretAccessKey,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("environment lacks %s", want)
		}
	}
	if other, _ := newAccess("000000000000"); other == access || len(other.AccessKeyID) != 20 || len(other.SecretAccessKey) != 40 {
		t.Errorf("second key %+v", other)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadAccess(dir); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("damaged file: %v", err)
	}
}

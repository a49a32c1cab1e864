package platform

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
)

// DefaultPublicCIDR is the pool of public addresses where nothing else is said:
// shared address space (RFC 6598), which the internet doesn't route.
var DefaultPublicCIDR = netip.MustParsePrefix("100.64.0.0/16")

// Config is what a server is told; the flags of `kaimon server` are its twins.
type Config struct {
	// DataDir holds everything that must survive: the store, images, keys.
	DataDir string
	// Listen is the address of the one port, host:port.
	Listen string
	// AccountID is the 12-digit account that the administrator's key belongs to.
	AccountID string
	// PublicCIDR is the pool of public addresses.
	PublicCIDR netip.Prefix
	// Masquerade says whether what leaves the machine from the pool does so in the
	// machine's name: "always", "never", or "auto", unless the pool is routed.
	Masquerade string
	// StoreEngine keeps the journal: "wal" or "bolt".
	StoreEngine string
	// TaskEndpoint says that tasks are told where the platform's APIs are.
	TaskEndpoint bool
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// Check says what is wrong with a configuration, naming the flag.
func (c Config) Check() error {
	if !filepath.IsAbs(c.DataDir) {
		return fmt.Errorf("--data-dir %q: must be an absolute path", c.DataDir)
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("--listen %q: must be host:port: %w", c.Listen, err)
	}
	if !accountID.MatchString(c.AccountID) {
		return fmt.Errorf("--account-id %q: must be 12 digits", c.AccountID)
	}
	if !c.PublicCIDR.Addr().Is4() || c.PublicCIDR.Bits() > 26 || c.PublicCIDR != c.PublicCIDR.Masked() {
		return fmt.Errorf("--public-cidr %s: must be an IPv4 block of at least 64 addresses without host bits", c.PublicCIDR)
	}
	if !slices.Contains([]string{"auto", "always", "never"}, c.Masquerade) {
		return fmt.Errorf("--masquerade %q: must be auto, always or never", c.Masquerade)
	}
	if c.StoreEngine != "wal" && c.StoreEngine != "bolt" {
		return fmt.Errorf("--store-engine %q: must be wal or bolt", c.StoreEngine)
	}
	return nil
}

// sharedSpace is what DefaultPublicCIDR is taken from (RFC 6598).
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// routed says that the world beyond the machine knows the way to the pool. Shared
// address space isn't routed; a block that somebody chose is, or masquerading has
// to be asked for.
func (c Config) routed() bool {
	if c.Masquerade == "auto" {
		return !sharedSpace.Contains(c.PublicCIDR.Addr())
	}
	return c.Masquerade == "never"
}

// InstanceID tells the servers of one machine apart: the names of links, nft
// tables and cgroups carry it.
func (c Config) InstanceID() string {
	sum := sha256.Sum256([]byte(filepath.Clean(c.DataDir)))
	return hex.EncodeToString(sum[:4])
}

// runDir holds what lives as long as the machine is up: sockets, namespaces.
func (c Config) runDir() string { return filepath.Join("/run/kaimon", c.InstanceID()) }

func (c Config) storeDir() string        { return filepath.Join(c.DataDir, "store") }
func (c Config) eventsDir() string       { return filepath.Join(c.DataDir, "events") }
func (c Config) runtimeDir() string      { return filepath.Join(c.DataDir, "runtime") }
func (c Config) sealFile() string        { return filepath.Join(c.DataDir, "seal.key") }
func (c Config) credentialsFile() string { return filepath.Join(c.DataDir, "credentials.json") }

package vpc

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

const ipForward = "/proc/sys/net/ipv4/ip_forward"

// chainWasOff is an empty chain in the host's table that remembers that
// forwarding was off before the first instance came. In the kernel, the memory
// lives exactly as long as what it is about.
const chainWasOff = "ip_forward_was_off"

// ensureTable makes the instance's table on the host and turns forwarding on.
func (h *host) ensureTable() error {
	conn, err := nftConn(nil)
	if err != nil {
		return err
	}
	defer conn.CloseLasting()
	have, err := h.tables(conn)
	if err != nil {
		return err
	}
	if !have.current {
		switch {
		case h.ready:
			have.wasOff = h.wasOff
		case have.others == 0 && !have.mine:
			if have.wasOff, err = forwardingOff(); err != nil {
				return err
			}
		}
		h.stageTable(conn, have.wasOff)
		if err := conn.Flush(); err != nil {
			return fmt.Errorf("nftables: %w", err)
		}
	}
	h.wasOff = have.wasOff
	return wrap("turn forwarding on", os.WriteFile(ipForward, []byte("1"), 0))
}

// check says what somebody has taken away from the host's side: a firewall that
// is started anew empties every table ("flush ruleset"), and some turn
// forwarding off.
func (h *host) check() error {
	conn, err := nftConn(nil)
	if err != nil {
		return err
	}
	defer conn.CloseLasting()
	have, err := h.tables(conn)
	if err != nil {
		return err
	}
	if !have.current {
		return fmt.Errorf("the host's nft table %s is gone", hostTable(h.instance))
	}
	off, err := forwardingOff()
	if err == nil && off {
		err = fmt.Errorf("%s is off", ipForward)
	}
	return err
}

// stageTable writes what holds between the VPCs, the host and the world:
//
//	input        from VPCs, the host answers for the platform alone, and the
//	             platform answers VPCs and the host alone
//	forward      what leaves a VPC has a public address
//	postrouting  what leaves the host from the public range does so in the
//	             host's name, unless the range is routed; between VPCs, public
//	             addresses stay as they are
func (h *host) stageTable(conn *nftables.Conn, wasOff bool) {
	t := &nftables.Table{Family: nftables.TableFamilyIPv4, Name: hostTable(h.instance)}
	conn.AddTable(t)
	conn.DelTable(t)
	conn.AddTable(t)
	chain := func(name string, kind nftables.ChainType, hook *nftables.ChainHook, prio nftables.ChainPriority, rules ...[]expr.Any) {
		c := conn.AddChain(&nftables.Chain{Table: t, Name: name, Type: kind, Hooknum: hook, Priority: &prio})
		for _, exprs := range rules {
			conn.AddRule(&nftables.Rule{Table: t, Chain: c, Exprs: exprs})
		}
	}
	ours := linkStarts(expr.MetaKeyIIFNAME, expr.CmpOpEq, hostLinkPrefix(h.instance))
	notOurs := linkStarts(expr.MetaKeyIIFNAME, expr.CmpOpNeq, hostLinkPrefix(h.instance))
	local := linkIs(expr.MetaKeyIIFNAME, "lo")
	input := [][]expr.Any{
		join(local, accept()),
		join(ctState(expr.CtStateBitESTABLISHED|expr.CtStateBitRELATED), accept()),
	}
	for _, a := range []netip.Addr{HostAddress(h.public), StorageAddress(h.public)} {
		input = append(input, join(notOurs, addr(ipDst), is(a.AsSlice()), counter(), drop()))
		for _, p := range h.ports {
			input = append(input, join(addr(ipDst), is(a.AsSlice()), l4proto(unix.IPPROTO_TCP), ports(p, p), accept()))
		}
	}
	input = append(input, join(ours, counter(), drop()))
	chain("input", nftables.ChainTypeFilter, nftables.ChainHookInput, -10, input...)
	chain("forward", nftables.ChainTypeFilter, nftables.ChainHookForward, -10,
		join(ours, addr(ipSrc), outside(h.public), counter(), drop()))
	if !h.routed {
		chain("postrouting", nftables.ChainTypeNAT, nftables.ChainHookPostrouting, *nftables.ChainPriorityNATSource,
			join(addr(ipSrc), within(h.public), addr(ipDst), outside(h.public),
				linkStarts(expr.MetaKeyOIFNAME, expr.CmpOpNeq, hostLinkPrefix(h.instance)),
				counter(), load(&expr.Masq{})))
	}
	conn.AddChain(&nftables.Chain{Table: t, Name: h.version()})
	if wasOff {
		conn.AddChain(&nftables.Chain{Table: t, Name: chainWasOff})
	}
}

// version is the name of an empty chain that says which rules the table has.
func (h *host) version() string {
	sum := sha256.Sum256(fmt.Append(nil, "3 ", h.public, h.routed, h.ports))
	return "version_" + hex.EncodeToString(sum[:8])
}

// removeTable removes the instance's table; the last instance turns forwarding
// off again, if it was.
func (h *host) removeTable() error {
	conn, err := nftConn(nil)
	if err != nil {
		return err
	}
	defer conn.CloseLasting()
	have, err := h.tables(conn)
	if err != nil || !have.mine {
		return err
	}
	conn.DelTable(&nftables.Table{Family: nftables.TableFamilyIPv4, Name: hostTable(h.instance)})
	if err := conn.Flush(); err != nil {
		return fmt.Errorf("nftables: %w", err)
	}
	if have.others > 0 || !have.wasOff {
		return nil
	}
	return wrap("turn forwarding off", os.WriteFile(ipForward, []byte("0"), 0))
}

// hostTables is what there is of all instances' tables on the host.
type hostTables struct {
	mine    bool // the instance's table is there,
	current bool // with the rules that it should have
	others  int
	wasOff  bool // one of them remembers that forwarding was off
}

func (h *host) tables(conn *nftables.Conn) (hostTables, error) {
	var have hostTables
	tables, err := conn.ListTablesOfFamily(nftables.TableFamilyIPv4)
	if err != nil {
		return have, fmt.Errorf("list nftables: %w", err)
	}
	for _, t := range tables {
		switch {
		case t.Name == hostTable(h.instance):
			have.mine = true
		case strings.HasPrefix(t.Name, hostTable("")):
			have.others++
		}
	}
	chains, err := conn.ListChainsOfTableFamily(nftables.TableFamilyIPv4)
	if err != nil {
		return have, fmt.Errorf("list nftables: %w", err)
	}
	for _, c := range chains {
		switch {
		case c.Name == chainWasOff && strings.HasPrefix(c.Table.Name, hostTable("")):
			have.wasOff = true
		case c.Name == h.version() && c.Table.Name == hostTable(h.instance):
			have.current = true
		}
	}
	return have, nil
}

func forwardingOff() (bool, error) {
	b, err := os.ReadFile(ipForward)
	if err != nil {
		return false, fmt.Errorf("read forwarding: %w", err)
	}
	return bytes.Equal(bytes.TrimSpace(b), []byte("0")), nil
}

package vpc

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
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
	mine, others, wasOff, err := hostTables(conn, h.instance)
	if err != nil {
		return err
	}
	if !mine {
		switch {
		case h.ready:
			wasOff = h.wasOff
		case others == 0:
			if wasOff, err = forwardingOff(); err != nil {
				return err
			}
		}
		h.stageTable(conn, wasOff)
		if err := conn.Flush(); err != nil {
			return fmt.Errorf("nftables: %w", err)
		}
	}
	h.wasOff = wasOff
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
	mine, _, _, err := hostTables(conn, h.instance)
	if err != nil {
		return err
	}
	if !mine {
		return fmt.Errorf("the host's nft table %s is gone", hostTable(h.instance))
	}
	off, err := forwardingOff()
	if err == nil && off {
		err = fmt.Errorf("%s is off", ipForward)
	}
	return err
}

// stageTable writes what leaves the host from the public range in the host's
// name; between VPCs, public addresses stay as they are.
func (h *host) stageTable(conn *nftables.Conn, wasOff bool) {
	t := conn.AddTable(&nftables.Table{Family: nftables.TableFamilyIPv4, Name: hostTable(h.instance)})
	c := conn.AddChain(&nftables.Chain{
		Table: t, Name: "postrouting", Type: nftables.ChainTypeNAT,
		Hooknum: nftables.ChainHookPostrouting, Priority: nftables.ChainPriorityNATSource,
	})
	conn.AddRule(&nftables.Rule{Table: t, Chain: c, Exprs: join(
		addr(ipSrc), within(h.public), addr(ipDst), outside(h.public),
		linkStarts(expr.MetaKeyOIFNAME, expr.CmpOpNeq, hostLinkPrefix(h.instance)),
		counter(), load(&expr.Masq{}),
	)})
	if wasOff {
		conn.AddChain(&nftables.Chain{Table: t, Name: chainWasOff})
	}
}

// removeTable removes the instance's table; the last instance turns forwarding
// off again, if it was.
func (h *host) removeTable() error {
	conn, err := nftConn(nil)
	if err != nil {
		return err
	}
	defer conn.CloseLasting()
	mine, others, wasOff, err := hostTables(conn, h.instance)
	if err != nil || !mine {
		return err
	}
	conn.DelTable(&nftables.Table{Family: nftables.TableFamilyIPv4, Name: hostTable(h.instance)})
	if err := conn.Flush(); err != nil {
		return fmt.Errorf("nftables: %w", err)
	}
	if others > 0 || !wasOff {
		return nil
	}
	return wrap("turn forwarding off", os.WriteFile(ipForward, []byte("0"), 0))
}

// hostTables looks at the tables of all instances on the host.
func hostTables(conn *nftables.Conn, instance string) (mine bool, others int, wasOff bool, err error) {
	tables, err := conn.ListTablesOfFamily(nftables.TableFamilyIPv4)
	if err != nil {
		return false, 0, false, fmt.Errorf("list nftables: %w", err)
	}
	for _, t := range tables {
		switch {
		case t.Name == hostTable(instance):
			mine = true
		case strings.HasPrefix(t.Name, hostTable("")):
			others++
		}
	}
	chains, err := conn.ListChainsOfTableFamily(nftables.TableFamilyIPv4)
	if err != nil {
		return false, 0, false, fmt.Errorf("list nftables: %w", err)
	}
	for _, c := range chains {
		if c.Name == chainWasOff && strings.HasPrefix(c.Table.Name, hostTable("")) {
			wasOff = true
		}
	}
	return mine, others, wasOff, nil
}

func forwardingOff() (bool, error) {
	b, err := os.ReadFile(ipForward)
	if err != nil {
		return false, fmt.Errorf("read forwarding: %w", err)
	}
	return bytes.Equal(bytes.TrimSpace(b), []byte("0")), nil
}

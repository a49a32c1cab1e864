package vpc

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/userdata"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// chunk is how many elements one message takes: the library doesn't notice when
// a message outgrows its 16-bit length.
const chunk = 400

// table is the nftables table of one router. It knows what the kernel holds, so
// that a change costs what changes. Not safe for concurrent use.
type table struct {
	ns    *NetNS
	conn  *nftables.Conn
	have  tableState
	known bool // have is true; otherwise it must be read
	base  bool // the fixed chains are there, in this version
}

// openTable opens the table of a router's namespace.
func openTable(ns *NetNS) (*table, error) {
	conn, err := nftConn(ns)
	if err != nil {
		return nil, err
	}
	return &table{ns: ns, conn: conn}, nil
}

// nftConn opens a lasting nftables socket in a namespace, with buffers for
// batches of any size; nil is the process's own namespace.
func nftConn(ns *NetNS) (*nftables.Conn, error) {
	opts := []nftables.ConnOption{nftables.AsLasting(), nftables.WithSockOptions(bigBuffers)}
	if ns != nil {
		opts = append(opts, nftables.WithNetNSFd(ns.fd()))
	}
	conn, err := nftables.New(opts...)
	if err != nil {
		return nil, fmt.Errorf("nftables socket: %w", err)
	}
	return conn, nil
}

func (t *table) close() error { return t.conn.CloseLasting() }

// state returns what the kernel holds.
func (t *table) state() (tableState, error) {
	if t.known {
		return t.have, nil
	}
	if err := t.read(); err != nil {
		return tableState{}, errors.Join(fmt.Errorf("read nftables: %w", err), t.startOver())
	}
	t.known = true
	return t.have, nil
}

// startOver follows a failure: what the kernel holds must be read again, over a
// new socket, because in the old one's buffers there may be a half-written
// batch, or answers that nobody has read.
func (t *table) startOver() error {
	t.known = false
	conn, err := nftConn(t.ns)
	if err != nil {
		return err
	}
	old := t.conn
	t.conn = conn
	return old.CloseLasting()
}

// read lists the table.
func (t *table) read() error {
	t.base = false
	t.have = newTableState()
	_, err := t.conn.ListTableOfFamily(vpcTable.Name, vpcTable.Family)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return err
	}
	sets, err := t.conn.GetSets(vpcTable)
	if err != nil {
		return err
	}
	for _, s := range sets {
		if fixedSets[s.Name].internal {
			continue
		}
		list, err := t.conn.GetSetElements(s)
		if err != nil {
			return err
		}
		t.have.sets[s.Name] = decode(s.Name, list)
	}
	objects, err := t.conn.GetObjects(vpcTable)
	if err != nil {
		return err
	}
	for _, o := range objects {
		if c, ok := o.(*nftables.CounterObj); ok {
			t.have.counters[c.Name] = true
		}
	}
	chains, err := t.conn.ListChainsOfTableFamily(vpcTable.Family)
	if err != nil {
		return err
	}
	for _, c := range chains {
		if c.Table.Name != vpcTable.Name {
			continue
		}
		d, err := t.firstComment(c)
		if err != nil {
			return err
		}
		switch {
		case c.Hooknum == nil:
			t.have.chains[c.Name] = d
		case d == baseVersion:
			t.base = true
		}
	}
	return nil
}

// firstComment returns the comment of a chain's first rule.
func (t *table) firstComment(c *nftables.Chain) (string, error) {
	rules, err := t.conn.GetRules(vpcTable, c)
	if err != nil || len(rules) == 0 {
		return "", err
	}
	d, _ := userdata.GetString(rules[0].UserData, userdata.TypeComment)
	return d, nil
}

// ensureBase makes the fixed chains and sets, unless they are there.
func (t *table) ensureBase() error {
	if _, err := t.state(); err != nil || t.base {
		return err
	}
	t.conn.AddTable(vpcTable)
	t.conn.DelTable(vpcTable)
	t.conn.AddTable(vpcTable)
	have := newTableState()
	for _, name := range slices.Sorted(maps.Keys(fixedSets)) {
		if err := t.conn.AddSet(tableSet(name), nil); err != nil {
			return errors.Join(fmt.Errorf("nftables: %w", err), t.startOver())
		}
		if !fixedSets[name].internal {
			have.sets[name] = elements{}
		}
	}
	for _, d := range []direction{ingress, egress} {
		f := filledChain{name: refused(d), rules: planRefused(d, false), fresh: true}
		t.conn.AddChain(groupChainOf(f.name))
		t.stageRules(f)
		have.chains[f.name] = digest(f.rules)
	}
	comment := userdata.AppendString(nil, userdata.TypeComment, baseVersion)
	for _, b := range baseChains() {
		t.conn.AddChain(&b.chain)
		for _, exprs := range b.rules {
			t.conn.AddRule(&nftables.Rule{Table: vpcTable, Chain: &b.chain, Exprs: exprs, UserData: comment})
			comment = nil
		}
		comment = userdata.AppendString(nil, userdata.TypeComment, b.chain.Name)
	}
	if err := t.conn.Flush(); err != nil {
		return errors.Join(fmt.Errorf("nftables: %w", err), t.startOver())
	}
	t.have, t.base, t.known = have, true, true
	return nil
}

// commit makes the changes in one transaction. The order matters: references go
// before, and come after, what they refer to.
func (t *table) commit(c changes) error {
	if c.empty() {
		return nil
	}
	err := t.stage(c)
	if err == nil {
		err = t.conn.Flush()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("nftables: %w", err), t.startOver())
	}
	t.have.apply(c)
	return nil
}

func (t *table) stage(c changes) error {
	if err := t.eachChunk(c.delElements, t.conn.SetDeleteElements); err != nil {
		return err
	}
	for _, name := range c.delChains {
		t.conn.FlushChain(groupChainOf(name))
	}
	for _, name := range c.addSets {
		if err := t.conn.AddSet(tableSet(name), nil); err != nil {
			return err
		}
	}
	for _, name := range c.addCounters {
		t.conn.AddObj(&nftables.CounterObj{Table: vpcTable, Name: name})
	}
	for _, f := range c.fill { // all chains first: rules may jump to any of them
		if f.fresh {
			t.conn.AddChain(groupChainOf(f.name))
		} else {
			t.conn.FlushChain(groupChainOf(f.name))
		}
	}
	for _, f := range c.fill {
		t.stageRules(f)
	}
	if err := t.eachChunk(c.addElements, t.conn.SetAddElements); err != nil {
		return err
	}
	for _, name := range c.delChains {
		t.conn.DelChain(groupChainOf(name))
	}
	for _, name := range c.delSets {
		t.conn.DelSet(tableSet(name))
	}
	for _, name := range c.delCounters {
		t.conn.DeleteObject(&nftables.CounterObj{Table: vpcTable, Name: name})
	}
	return nil
}

// stageRules writes a chain's rules; the first remembers their digest.
func (t *table) stageRules(f filledChain) {
	comment := userdata.AppendString(nil, userdata.TypeComment, digest(f.rules))
	for _, r := range f.rules {
		t.conn.AddRule(&nftables.Rule{Table: vpcTable, Chain: groupChainOf(f.name), Exprs: r.exprs(), UserData: comment})
		comment = nil
	}
}

// eachChunk hands elements, which are sorted by set, to send in bites.
func (t *table) eachChunk(es []element, send func(*nftables.Set, []nftables.SetElement) error) error {
	for len(es) > 0 {
		n := slices.IndexFunc(es, func(e element) bool { return e.set != es[0].set })
		if n < 0 {
			n = len(es)
		}
		n = min(n, chunk)
		var list []nftables.SetElement
		for _, e := range es[:n] {
			enc, err := e.encode()
			if err != nil {
				return err
			}
			list = append(list, enc...)
		}
		if err := send(tableSet(es[0].set), list); err != nil {
			return err
		}
		es = es[n:]
	}
	return nil
}

func groupChainOf(name string) *nftables.Chain {
	return &nftables.Chain{Table: vpcTable, Name: name}
}

// bigBuffers lets a batch of thousands of rules pass in one message.
func bigBuffers(c *netlink.Conn) error {
	return errors.Join(c.SetReadBuffer(32<<20), c.SetWriteBuffer(32<<20))
}

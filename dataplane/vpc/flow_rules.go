package vpc

import (
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// flowTable exists while flow logs want to know: it notes TCP's flags in the
// labels of connections, which no packet pays for otherwise.
var flowTable = &nftables.Table{Family: nftables.TableFamilyIPv4, Name: "flows"}

// labelBits are the bits of a connection's label: what was seen of each way.
// The kernel shifts nothing here, so a bit's number is ours.
var labelBits = []struct {
	reply bool
	flag  byte // in the TCP header
	tells uint8
}{
	{false, flagFIN, flagFIN}, {false, flagSYN, flagSYN}, {false, flagRST, flagRST},
	{true, flagFIN, flagFIN}, {true, flagSYN, flagSYNACK}, {true, flagRST, flagRST},
}

// readLabel returns what a label tells of both ways.
func readLabel(label uint8) (sent, answered uint8) {
	for bit, l := range labelBits {
		switch {
		case label&(1<<bit) == 0:
		case l.reply:
			answered |= l.tells
		default:
			sent |= l.tells
		}
	}
	return sent, answered
}

// Bits of IPCT_* of nf_conntrack_common.h.
const (
	eventDestroy = 1 << 2
	eventLabel   = 1 << 10
)

// stageFlowTable writes the table. Connections tell of their end and of new
// labels, and of nothing else.
func stageFlowTable(conn *nftables.Conn) {
	conn.AddTable(flowTable)
	conn.DelTable(flowTable)
	conn.AddTable(flowTable)
	last := nftables.ChainPriority(30)
	c := conn.AddChain(&nftables.Chain{
		Table: flowTable, Name: "tcpflags", Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookForward, Priority: &last,
	})
	rules := [][]expr.Any{
		join(ctState(expr.CtStateBitNEW),
			load(&expr.Immediate{Register: 1, Data: binaryutil.NativeEndian.PutUint32(eventDestroy | eventLabel)}),
			load(&expr.Ct{Key: expr.CtKeyEVENTMASK, Register: 1, SourceRegister: true})),
		join(not(l4proto(unix.IPPROTO_TCP)), accept()),
		join(not(tcpFlagsSet(flagFIN|flagSYN|flagRST)), accept()),
	}
	for bit, l := range labelBits {
		label := make([]byte, 16)
		label[0] = 1 << bit
		direction := byte(0) // IP_CT_DIR_ORIGINAL
		if l.reply {
			direction = 1
		}
		rules = append(rules, join(
			load(&expr.Ct{Key: expr.CtKeyDIRECTION, Register: 1}),
			load(&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{direction}}),
			tcpFlagsSet(l.flag),
			load(&expr.Immediate{Register: 1, Data: label}),
			load(&expr.Ct{Key: expr.CtKeyLABELS, Register: 1, SourceRegister: true})))
	}
	for _, r := range rules {
		conn.AddRule(&nftables.Rule{Table: flowTable, Chain: c, Exprs: r})
	}
}

// tcpFlagsSet matches when one of the flags is set.
func tcpFlagsSet(flags byte) []expr.Any {
	return []expr.Any{
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: 13, Len: 1},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 1, Mask: []byte{flags}, Xor: []byte{0}},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: 1, Data: []byte{0}},
	}
}

// tcpFlagsAre matches when all of the flags are set.
func tcpFlagsAre(flags byte) []expr.Any {
	e := tcpFlagsSet(flags)
	e[2] = &expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{flags}}
	return e
}

// not turns a match that ends in one comparison about.
func not(match []expr.Any) []expr.Any {
	last := match[len(match)-1].(*expr.Cmp)
	if last.Op == expr.CmpOpEq {
		last.Op = expr.CmpOpNeq
	} else {
		last.Op = expr.CmpOpEq
	}
	return match
}

// hasFlowTable says that a namespace has the table.
func hasFlowTable(conn *nftables.Conn) (bool, error) {
	tables, err := conn.ListTablesOfFamily(flowTable.Family)
	if err != nil {
		return false, fmt.Errorf("list nftables: %w", err)
	}
	for _, t := range tables {
		if t.Name == flowTable.Name {
			return true, nil
		}
	}
	return false, nil
}

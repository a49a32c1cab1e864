package capture

import (
	"fmt"

	"golang.org/x/net/bpf"
)

// maxInstructions is what the kernel takes (linux/bpf_common.h, BPF_MAXINSNS).
const maxInstructions = 4096

// Compile turns a filter into a program for a socket (SO_ATTACH_FILTER), which
// keeps whole what passes. Packets that end before what the filter asks for
// don't pass.
func Compile(filter string) ([]bpf.RawInstruction, error) {
	n, err := parse(filter)
	if err != nil {
		return nil, err
	}
	program := generate(n)
	if len(program) > maxInstructions {
		return nil, fmt.Errorf("the filter takes %d instructions, %d are the limit", len(program), maxInstructions)
	}
	raw, err := bpf.Assemble(program)
	if err != nil {
		return nil, fmt.Errorf("assemble filter: %w", err)
	}
	return raw, nil
}

// generator writes a program. A conditional jump reaches 255 instructions only,
// so each is followed by two long ones.
type generator struct {
	program []bpf.Instruction
	jumps   map[int]*label // position of a long jump → where it leads
}

// label is a place in the program, known once it is reached.
type label struct{ at int }

// generate returns the program of a filter.
func generate(n node) []bpf.Instruction {
	g := &generator{jumps: map[int]*label{}}
	pass, fail := &label{}, &label{}
	if n != nil {
		g.node(n, pass, fail)
	}
	pass.at = len(g.program)
	g.emit(bpf.RetConstant{Val: MaxSnaplen})
	fail.at = len(g.program)
	g.emit(bpf.RetConstant{Val: 0})
	for at, to := range g.jumps {
		g.program[at] = bpf.Jump{Skip: uint32(to.at - at - 1)}
	}
	return g.program
}

func (g *generator) emit(i ...bpf.Instruction) { g.program = append(g.program, i...) }

func (g *generator) jump(to *label) {
	g.jumps[len(g.program)] = to
	g.emit(bpf.Jump{})
}

// node writes what goes to one label when the packet passes and to the other
// when it doesn't.
func (g *generator) node(n node, pass, fail *label) {
	switch n := n.(type) {
	case both:
		next := &label{}
		g.node(n.a, next, fail)
		next.at = len(g.program)
		g.node(n.b, pass, fail)
	case either:
		next := &label{}
		g.node(n.a, pass, next)
		next.at = len(g.program)
		g.node(n.b, pass, fail)
	case none:
		g.node(n.of, fail, pass)
	case test:
		g.test(n)
		g.jump(pass)
		g.jump(fail)
	}
}

// test writes a test, which goes on with the next instruction or skips it.
func (g *generator) test(t test) {
	if t.inIP {
		g.emit(bpf.LoadMemShift{Off: etherHeader}, bpf.LoadIndirect{Off: etherHeader + t.offset, Size: t.size})
	} else {
		g.emit(bpf.LoadAbsolute{Off: t.offset, Size: t.size})
	}
	if t.mask != ^uint32(0) {
		g.emit(bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: t.mask})
	}
	if t.lo == t.hi {
		g.emit(bpf.JumpIf{Cond: bpf.JumpEqual, Val: t.lo, SkipFalse: 1})
		return
	}
	g.emit(
		bpf.JumpIf{Cond: bpf.JumpGreaterOrEqual, Val: t.lo, SkipFalse: 2},
		bpf.JumpIf{Cond: bpf.JumpGreaterThan, Val: t.hi, SkipTrue: 1})
}

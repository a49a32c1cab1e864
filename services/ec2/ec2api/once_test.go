package ec2api

import (
	"slices"
	"testing"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// TestOnce holds that a token makes a request's repetition harmless, and is
// refused for another request; without one, requests are their own.
func TestOnce(t *testing.T) {
	w := newWorld(t)
	made := 0
	create := func(token, dry *string, in any) ([]string, error) {
		return w.once(w.ctx, p(dry != nil), token, in, func(*store.Txn, aws.Scope) ([]string, error) {
			made++
			return []string{"acl-" + string(rune('0'+made))}, nil
		})
	}
	in := &DescribeVpcsInput{VpcIds: []string{"vpc-1"}}
	_, err := create(p("a"), p("dry"), in)
	refused(t, err, "DryRunOperation", "")
	one := must(create(p("a"), nil, in))(t)
	again := must(create(p("a"), nil, &DescribeVpcsInput{VpcIds: []string{"vpc-1"}}))(t)
	if !slices.Equal(one, again) || made != 2 { // the dry run went all the way
		t.Errorf("made %d: %v, then %v", made, one, again)
	}
	_, err = create(p("a"), nil, &DescribeVpcsInput{VpcIds: []string{"vpc-2"}})
	refused(t, err, "IdempotentParameterMismatch", "inconsistent")
	must(create(p("a"), nil, &DescribeSubnetsInput{}))(t) // another operation's token
	must(create(nil, nil, in))(t)
	if made != 4 {
		t.Errorf("made %d", made)
	}
}

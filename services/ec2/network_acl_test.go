package ec2

import (
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if e, ok := aws.AsError(err); !ok || e.Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func TestDefaultACL(t *testing.T) {
	s := opened(t)
	r := s.Snapshot()
	vpc, _ := DefaultVPC(r, scope)
	def, ok := DefaultACL(r, vpc.ID)
	if !ok || len(def.Ingress) != 1 || len(def.Egress) != 1 {
		t.Fatalf("default ACL %+v", def)
	}
	if e := def.Ingress[0]; e.Number != 100 || !e.Allow || e.Protocol != -1 || e.CIDR.Bits() != 0 {
		t.Errorf("entry %+v", e)
	}
	if got := ACLAssociationsOf(r, def); len(got) != 3 || got[0].ID == got[1].ID || got[0].ACL != def.ID {
		t.Errorf("associations %+v", got)
	}
	wantCode(t, s.Update(t.Context(), func(tx *store.Txn) error { return RemoveNetworkACL(tx, def) }), "InvalidParameterValue")
}

// TestOldScopesGetACLs holds that VPCs made before there were network ACLs get
// default ones, once.
func TestOldScopesGetACLs(t *testing.T) {
	s := store.OpenMemory(Tables()...)
	defer s.Close()
	old := VPC{ID: "vpc-old", Scope: scope, CIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16")}}
	update(t, s, func(tx *store.Txn) error {
		Scopes.Put(tx, ScopeRow{Scope: scope})
		VPCs.Put(tx, old)
		EnsureDefaultVPC(tx, scope)
		return nil
	})
	if _, ok := DefaultACL(s.Snapshot(), old.ID); !ok || !Opened(s.Snapshot(), scope) {
		t.Error("an old VPC has no default ACL")
	}
	if _, ok := DefaultVPC(s.Snapshot(), scope); ok {
		t.Error("a deleted default VPC came back")
	}
}

// TestReplacedAssociation moves a subnet to another ACL and back.
func TestReplacedAssociation(t *testing.T) {
	s := opened(t)
	subnet := smallSubnet(t, s)
	def, _ := DefaultACL(s.Snapshot(), subnet.VPC)
	own := NetworkACL{ID: NewNetworkACLID(), Scope: scope, VPC: subnet.VPC}
	foreign := NetworkACL{ID: NewNetworkACLID(), Scope: scope, VPC: "vpc-other"}
	before := ACLOf(s.Snapshot(), subnet)
	update(t, s, func(tx *store.Txn) error {
		NetworkACLs.Put(tx, own)
		wantCode(t, AssociateACL(tx, scope, before.ID, "aclassoc-1", &foreign), "InvalidParameterValue")
		wantCode(t, AssociateACL(tx, scope, "aclassoc-nope", "aclassoc-1", &own), "InvalidAssociationID.NotFound")
		return AssociateACL(tx, scope, before.ID, "aclassoc-1", &own)
	})
	if got := ACLOf(s.Snapshot(), subnet); got.ACL != own.ID || got.ID != "aclassoc-1" {
		t.Errorf("association %+v", got)
	}
	if got := ACLAssociationsOf(s.Snapshot(), &own); len(got) != 1 {
		t.Errorf("associations %+v", got)
	}
	update(t, s, func(tx *store.Txn) error {
		wantCode(t, AssociateACL(tx, scope, before.ID, "aclassoc-2", def), "InvalidAssociationID.NotFound")
		wantCode(t, RemoveNetworkACL(tx, &own), "DependencyViolation")
		wantCode(t, RemoveDefaultACL(tx, subnet.VPC), "DependencyViolation")
		return AssociateACL(tx, scope, "aclassoc-1", "aclassoc-2", def)
	})
	update(t, s, func(tx *store.Txn) error {
		ForgetACLOf(tx, subnet.ID)
		return RemoveNetworkACL(tx, &own)
	})
	update(t, s, func(tx *store.Txn) error { return RemoveDefaultACL(tx, subnet.VPC) })
	if n := len(slices.Collect(NetworkACLsOf(s.Snapshot(), subnet.VPC))); n != 0 {
		t.Errorf("%d ACLs left", n)
	}
}

// TestACLEntries holds that entries stay in order and unique whatever happens.
func TestACLEntries(t *testing.T) {
	s := opened(t)
	vpc, _ := DefaultVPC(s.Snapshot(), scope)
	rapid.Check(t, func(rt *rapid.T) {
		acl := NetworkACL{ID: NewNetworkACLID(), Scope: scope, VPC: vpc.ID}
		update(t, s, func(tx *store.Txn) error { NetworkACLs.Put(tx, acl); return nil })
		model := map[int]bool{}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			number, egress := rapid.IntRange(1, 30).Draw(rt, "number"), rapid.Bool().Draw(rt, "allow")
			row, _ := NetworkACLs.Get(s.Snapshot(), acl.ID)
			switch rapid.IntRange(0, 2).Draw(rt, "verb") {
			case 0:
				_, had := model[number]
				err := s.Update(t.Context(), func(tx *store.Txn) error {
					return AddACLEntry(tx, row, true, ACLEntry{Number: number, Allow: egress})
				})
				if full := len(model) == maxACLEntries-1; (err != nil) != (had || full) {
					rt.Fatalf("add %d to %v: %v", number, model, err)
				}
				if err == nil {
					model[number] = egress
				}
			case 1:
				_, had := model[number]
				err := s.Update(t.Context(), func(tx *store.Txn) error {
					return ReplaceACLEntry(tx, row, true, ACLEntry{Number: number, Allow: egress})
				})
				if (err == nil) != had {
					rt.Fatalf("replace %d in %v: %v", number, model, err)
				}
				if had {
					model[number] = egress
				}
			case 2:
				_, had := model[number]
				err := s.Update(t.Context(), func(tx *store.Txn) error { return RemoveACLEntry(tx, row, true, number) })
				if (err == nil) != had {
					rt.Fatalf("remove %d of %v: %v", number, model, err)
				}
				delete(model, number)
			}
		}
		row, _ := NetworkACLs.Get(s.Snapshot(), acl.ID)
		if len(row.Egress) != len(model) || len(row.Ingress) != 0 || !slices.IsSortedFunc(row.Egress, func(a, b ACLEntry) int { return a.Number - b.Number }) {
			rt.Fatalf("%+v, want %v", row, model)
		}
		for _, e := range row.Egress {
			if allow, ok := model[e.Number]; !ok || allow != e.Allow {
				rt.Fatalf("entry %+v, want %v", e, model)
			}
		}
	})
}

func TestACLEntryNumbers(t *testing.T) {
	for n, ok := range map[int]bool{0: false, 1: true, 32766: true, 32767: false, -1: false} {
		if err := CheckACLEntryNumber(n); (err == nil) != ok {
			t.Errorf("%d: %v", n, err)
		}
	}
}

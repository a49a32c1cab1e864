package iam

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
	"pgregory.net/rapid"
)

var created = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func TestNewAdministratorKey(t *testing.T) {
	id, secret := regexp.MustCompile(`^AKIA[A-Z2-7]{16}$`), regexp.MustCompile(`^[A-Za-z0-9+/]{40}$`)
	rapid.Check(t, func(rt *rapid.T) {
		random := rapid.SliceOfN(rapid.Byte(), AdministratorKeyBytes, AdministratorKeyBytes).Draw(rt, "random")
		k, err := NewAdministratorKey("000000000000", random, created)
		if err != nil || !id.MatchString(k.ID) || !secret.MatchString(string(k.Secret)) {
			rt.Fatalf("%q %q %v", k.ID, string(k.Secret), err)
		}
		if strings.Contains(fmt.Sprintf("%v %+v %#v", k, k, &k), string(k.Secret)) {
			rt.Fatal("the secret is printed")
		}
	})
	for _, n := range []int{0, AdministratorKeyBytes - 1, AdministratorKeyBytes + 1} {
		if _, err := NewAdministratorKey("000000000000", bytes.Repeat([]byte{1}, n), created); err == nil {
			t.Errorf("%d bytes are taken", n)
		}
	}
}

func TestDirectory(t *testing.T) {
	s := store.OpenMemory(Tables()...)
	defer func() { _ = s.Close() }()
	admin := AdministratorKey("123456789012", "AKIAADMIN", "s3cret", created)
	off := admin
	off.ID, off.Status = "AKIAOFF", Inactive
	temp := admin
	temp.ID, temp.SessionToken, temp.Expires = "ASIATEMP", "token", created.Add(time.Hour)
	err := s.Update(context.Background(), func(tx *store.Txn) error {
		for _, k := range []AccessKey{admin, off, temp} {
			AccessKeys.Put(tx, k)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	root := aws.Credential{AccessKeyID: "AKIAADMIN", Secret: "s3cret", Account: "123456789012",
		ARN: "arn:aws:iam::123456789012:root", UserID: "123456789012"}
	withToken := root
	withToken.AccessKeyID, withToken.SessionToken, withToken.Expires = "ASIATEMP", "token", created.Add(time.Hour)
	for id, want := range map[string]aws.Credential{"AKIAADMIN": root, "ASIATEMP": withToken, "AKIAOFF": {}, "AKIANONE": {}} {
		got, ok := Directory{Store: s}.Credential(context.Background(), id)
		if diff := cmp.Diff(want, got); diff != "" || ok != (want.Account != "") {
			t.Errorf("%s: %v %s", id, ok, diff)
		}
	}
}

package platform

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/iam"
	"kaimon.dev/kaimon/store"
)

// openAccess makes the administrator's key at the first start, keeps it beside
// the store for clients on this machine, and makes sure that the store has it:
// there are no built-in credentials.
func (m *Main) openAccess(ctx context.Context) error {
	path := m.Config.credentialsFile()
	access, err := ReadAccess(m.Config.DataDir)
	if _, missing := os.Stat(path); errors.Is(missing, fs.ErrNotExist) {
		access, err = newAccess(m.Config.AccountID)
	}
	if err != nil {
		return err
	}
	access.Endpoint, access.PublicCIDR = m.URL(), m.Config.PublicCIDR
	if err := access.write(path); err != nil {
		return fmt.Errorf("keep the administrator's key: %w", err)
	}
	m.access = access
	key := iam.AdministratorKey(m.Config.AccountID, access.AccessKeyID, aws.Secret(access.SecretAccessKey), systemClock.Now())
	return m.store.Update(ctx, func(tx *store.Txn) error {
		if have, ok := iam.AccessKeys.Get(tx, key.ID); ok && have.Account == key.Account && have.Secret == key.Secret {
			return nil
		}
		iam.AccessKeys.Put(tx, key)
		return nil
	})
}

func newAccess(account string) (Access, error) {
	random, err := hex.DecodeString(clock.Hex(iam.AdministratorKeyBytes))
	if err != nil {
		return Access{}, err
	}
	key, err := iam.NewAdministratorKey(account, random, systemClock.Now())
	if err != nil {
		return Access{}, err
	}
	return Access{AccessKeyID: key.ID, SecretAccessKey: string(key.Secret)}, nil
}

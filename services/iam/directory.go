package iam

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Directory finds the keys that requests are signed with; the gateway asks it.
type Directory struct{ Store *store.Store }

// Credential returns an access key by its ID; false when there is none or it
// is not active. An expired key is returned: its holder is told so.
func (d Directory) Credential(_ context.Context, id string) (aws.Credential, bool) {
	k, ok := AccessKeys.Get(d.Store.Snapshot(), id)
	if !ok || k.Status != Active {
		return aws.Credential{}, false
	}
	return aws.Credential{
		AccessKeyID:  k.ID,
		Secret:       k.Secret,
		SessionToken: k.SessionToken,
		Expires:      k.Expires,
		Account:      k.Account,
		ARN:          k.PrincipalARN,
		UserID:       k.UserID,
	}, true
}

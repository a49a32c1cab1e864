package ecrapi

import (
	"context"
	"encoding/base64"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecr"
)

// GetAuthorizationToken implements API: a user name and password for the
// registry, good for twelve hours.
func (h *Handlers) GetAuthorizationToken(ctx context.Context, in *GetAuthorizationTokenInput) (*GetAuthorizationTokenOutput, error) {
	caller := aws.CallerFrom(ctx)
	for _, id := range in.RegistryIds {
		if id != caller.Account {
			return nil, ecr.ErrInvalidParameter("Registries of other accounts are not supported by Kaimon: %s", id)
		}
	}
	token := ecr.Token{Account: caller.Account, Region: caller.Region, Principal: caller.ARN, Expires: h.Clock.Now().Add(ecr.TokenLife)}
	password, err := token.Sign(h.Store.Snapshot())
	if err != nil {
		return nil, err
	}
	return &GetAuthorizationTokenOutput{AuthorizationData: []AuthorizationData{{
		AuthorizationToken: wire.Ptr(base64.StdEncoding.EncodeToString([]byte(ecr.TokenUser + ":" + password))),
		ExpiresAt:          &token.Expires, ProxyEndpoint: wire.Ptr("http://" + h.Address),
	}}}, nil
}

package ecrapi

import (
	"context"
	"encoding/base64"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecr"
)

// GetAuthorizationToken implements API: a user name and password for the
// registry, good for twelve hours; for each of other accounts' registries if
// the request names them. What their repositories allow is said when it is used.
func (h *Handlers) GetAuthorizationToken(ctx context.Context, in *GetAuthorizationTokenInput) (*GetAuthorizationTokenOutput, error) {
	caller := aws.CallerFrom(ctx)
	registries := in.RegistryIds
	if registries == nil {
		registries = []string{caller.Account}
	}
	out := &GetAuthorizationTokenOutput{}
	r, expires := h.Store.Snapshot(), h.Clock.Now().Add(ecr.TokenLife)
	for _, account := range registries {
		token := ecr.Token{Account: account, Region: caller.Region, Principal: ecr.PrincipalOf(caller), Expires: expires}
		password, err := token.Sign(r)
		if err != nil {
			return nil, err
		}
		out.AuthorizationData = append(out.AuthorizationData, AuthorizationData{
			AuthorizationToken: wire.Ptr(base64.StdEncoding.EncodeToString([]byte(ecr.TokenUser + ":" + password))),
			ExpiresAt:          &expires, ProxyEndpoint: wire.Ptr("http://" + h.Address),
		})
	}
	return out, nil
}

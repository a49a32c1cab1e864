package logsapi

import (
	"context"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/page"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/store"
)

// PutQueryDefinition implements API. The query isn't compiled, as on AWS.
func (h *Handlers) PutQueryDefinition(ctx context.Context, in *PutQueryDefinitionInput) (*PutQueryDefinitionOutput, error) {
	if err := checkLanguage(in.QueryLanguage); err != nil {
		return nil, err
	}
	if len(in.Parameters) > 0 {
		return nil, unsupported("parameters")
	}
	d := logs.QueryDefinition{
		ID: wire.Val(in.QueryDefinitionId), Name: wire.Val(in.Name), Query: wire.Val(in.QueryString),
		Groups: in.LogGroupNames, ModifiedAt: h.Clock.Now(), ClientToken: wire.Val(in.ClientToken),
	}
	if in.QueryDefinitionId == nil {
		d.ID = h.uuid()
	}
	out := &PutQueryDefinitionOutput{}
	return out, h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		d.Scope = s
		id, err := logs.PutQueryDefinition(tx, d, in.QueryDefinitionId != nil)
		out.QueryDefinitionId = &id
		return err
	})
}

// DescribeQueryDefinitions implements API.
func (h *Handlers) DescribeQueryDefinitions(ctx context.Context, in *DescribeQueryDefinitionsInput) (*DescribeQueryDefinitionsOutput, error) {
	r, scope := h.open(ctx)
	language := wire.Val(in.QueryLanguage)
	var found []*logs.QueryDefinition
	for d := range logs.DefinitionsOf(r, scope) {
		if strings.HasPrefix(d.Name, wire.Val(in.QueryDefinitionNamePrefix)) && (language == "" || language == queryLanguage) {
			found = append(found, d)
		}
	}
	found, next, ok := page.Cut("DescribeQueryDefinitions", wire.Val(in.NextToken), describedSize(in.MaxResults), found,
		func(d *logs.QueryDefinition) string { return d.ID }, strings.Compare)
	if !ok {
		return nil, badToken()
	}
	out := &DescribeQueryDefinitionsOutput{QueryDefinitions: []QueryDefinition{}, NextToken: wire.Optional(next)}
	for _, d := range found {
		out.QueryDefinitions = append(out.QueryDefinitions, QueryDefinition{
			QueryLanguage: wire.Ptr(queryLanguage), QueryDefinitionId: &d.ID, Name: &d.Name, QueryString: &d.Query,
			LastModified: wire.Ptr(d.ModifiedAt.UnixMilli()), LogGroupNames: d.Groups,
		})
	}
	return out, nil
}

// DeleteQueryDefinition implements API.
func (h *Handlers) DeleteQueryDefinition(ctx context.Context, in *DeleteQueryDefinitionInput) (*DeleteQueryDefinitionOutput, error) {
	return &DeleteQueryDefinitionOutput{Success: wire.Ptr(true)}, h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		return logs.DeleteQueryDefinition(tx, s, wire.Val(in.QueryDefinitionId))
	})
}

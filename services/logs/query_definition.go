package logs

import (
	"iter"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// maxDefinitions is how many query definitions an account may have in a region.
const maxDefinitions = 1000

// QueryDefinition is a saved query of Logs Insights. Sole writer: logsapi.
type QueryDefinition struct {
	Scope           aws.Scope
	ID, Name, Query string
	// Groups are the names of the log groups that it is for.
	Groups     []string
	ModifiedAt time.Time
	// ClientToken is that of the request that made it.
	ClientToken string
}

// QueryDefinitions keeps the saved queries by ARN.
var QueryDefinitions = store.NewTable("logs.query-definitions", func(d *QueryDefinition) string { return d.ARN() })

func definitionARN(s aws.Scope, id string) string {
	return s.ARN("logs", "query-definition:"+id).String()
}

// ARN is the definition's.
func (d *QueryDefinition) ARN() string { return definitionARN(d.Scope, d.ID) }

// DefinitionsOf iterates over the query definitions of a scope in order of ID.
func DefinitionsOf(r store.Reader, s aws.Scope) iter.Seq[*QueryDefinition] {
	return QueryDefinitions.Prefix(r, definitionARN(s, ""))
}

// PutQueryDefinition adds a definition under the ID that is given, or replaces
// one that must be there. It returns the definition's ID: that of an earlier
// request with the same token, if there was one.
func PutQueryDefinition(tx *store.Txn, d QueryDefinition, replace bool) (string, error) {
	if replace {
		if _, ok := QueryDefinitions.Get(tx, d.ARN()); !ok {
			return "", errNoDefinition()
		}
		QueryDefinitions.Put(tx, d)
		return d.ID, nil
	}
	n := 0
	for other := range DefinitionsOf(tx, d.Scope) {
		if d.ClientToken != "" && other.ClientToken == d.ClientToken {
			return other.ID, nil
		}
		n++
	}
	if n >= maxDefinitions {
		return "", LimitExceeded("Resource limit exceeded: an account can have %d query definitions.", maxDefinitions)
	}
	QueryDefinitions.Put(tx, d)
	return d.ID, nil
}

// DeleteQueryDefinition removes a definition.
func DeleteQueryDefinition(tx *store.Txn, s aws.Scope, id string) error {
	if !QueryDefinitions.Delete(tx, definitionARN(s, id)) {
		return errNoDefinition()
	}
	return nil
}

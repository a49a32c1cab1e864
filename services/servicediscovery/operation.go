package servicediscovery

import (
	"iter"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// OperationType is what an operation does.
type OperationType string

// The types of operations.
const (
	CreateNamespace      OperationType = "CREATE_NAMESPACE"
	DeleteNamespace      OperationType = "DELETE_NAMESPACE"
	UpdateNamespace      OperationType = "UPDATE_NAMESPACE"
	UpdateService        OperationType = "UPDATE_SERVICE"
	RegisterInstanceOp   OperationType = "REGISTER_INSTANCE"
	DeregisterInstanceOp OperationType = "DEREGISTER_INSTANCE"
)

// Operation is the record of a change that AWS makes in the background: here it
// has happened, or failed, when the call is answered. Sole writer:
// servicediscoveryapi.
type Operation struct {
	ID    string
	Scope aws.Scope
	Type  OperationType
	// ErrorCode and ErrorMessage say why it failed; empty on success.
	ErrorCode    string
	ErrorMessage string
	At           time.Time
	// Targets are the IDs of what it was done to, by NAMESPACE, SERVICE or INSTANCE.
	Targets map[string]string
}

// operationsKept is how long operations can be asked for.
const operationsKept = 24 * time.Hour

// Operations holds the operations of the last day, in order of time.
var Operations = store.NewTable("servicediscovery.operations", func(o *Operation) string { return operationKey(o.ID) },
	store.Index[Operation]{Name: byScope, Keys: func(o *Operation) []string { return []string{scopeKey(o.Scope)} }})

// Status is SUCCESS or FAIL.
func (o *Operation) Status() string {
	if o.ErrorCode != "" {
		return "FAIL"
	}
	return "SUCCESS"
}

// AddOperation records an operation and forgets those that are too old.
func AddOperation(tx *store.Txn, o Operation) {
	var old []string
	for have := range Operations.All(tx) {
		if have.At.After(o.At.Add(-operationsKept)) {
			break
		}
		old = append(old, operationKey(have.ID))
	}
	for _, key := range old {
		Operations.Delete(tx, key)
	}
	Operations.Put(tx, o)
}

// FindOperation returns an operation of the scope.
func FindOperation(r store.Reader, s aws.Scope, id string) (*Operation, error) {
	if o, ok := Operations.Get(r, operationKey(id)); ok && o.Scope == s {
		return o, nil
	}
	return nil, ErrOperationNotFound(id)
}

// OperationsIn iterates over the operations of an account and region.
func OperationsIn(r store.Reader, s aws.Scope) iter.Seq[*Operation] {
	return Operations.By(r, byScope, scopeKey(s))
}

package vpc

import "errors"

var (
	// ErrNotApplied says that an interface's network, subnet or one of its
	// groups hasn't been applied (in time).
	ErrNotApplied = errors.New("network not applied")
	// ErrNotAttached says that there is no such interface.
	ErrNotAttached = errors.New("interface not attached")
	// ErrInUse says that a network still has interfaces.
	ErrInUse = errors.New("network has interfaces")
)

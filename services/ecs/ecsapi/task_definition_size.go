package ecsapi

import (
	"encoding/json"
	"fmt"

	"kaimon.dev/kaimon/services/ecs"
)

// maxDefinitionSize is the most bytes of a task definition (Developer Guide,
// "Amazon ECS service quotas": 64 KiB).
const maxDefinitionSize = 64 << 10

// checkDefinitionSize refuses a request that would make too large a task
// definition, measured as compact JSON of the members that were given.
func checkDefinitionSize(in *RegisterTaskDefinitionInput) error {
	full, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("measure task definition: %w", err)
	}
	// With absent members as null it is larger than what was given, and mostly small enough.
	if len(full) <= maxDefinitionSize {
		return nil
	}
	var tree any
	if err := json.Unmarshal(full, &tree); err != nil {
		return fmt.Errorf("measure task definition: %w", err)
	}
	given, err := json.Marshal(dropNull(tree))
	if err != nil {
		return fmt.Errorf("measure task definition: %w", err)
	}
	if len(given) > maxDefinitionSize {
		return ecs.ClientException("Actual length: '%d'. Max allowed length is '%d' bytes.", len(given), maxDefinitionSize)
	}
	return nil
}

// dropNull removes the members of objects that are null.
func dropNull(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			if member == nil {
				delete(v, key)
				continue
			}
			dropNull(member)
		}
	case []any:
		for _, element := range v {
			dropNull(element)
		}
	}
	return v
}

package ecsapi_test

import (
	"testing"

	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

func TestRunTaskNeedsTheDefinitionsProcessor(t *testing.T) {
	w := newTaskWorld(t)
	w.Architecture = ecs.ArchitectureARM
	if got := w.run()[0].Attributes[0]; *got.Value != "arm64" {
		t.Errorf("a definition without a processor runs on %s", *got.Value)
	}
	named := w.definition(2, ecs.DefinitionActive)
	named.RuntimePlatform = &ecs.RuntimePlatform{CPUArchitecture: ecs.ArchitectureX86}
	w.update(func(tx *store.Txn) { ecs.TaskDefinitions.Put(tx, named) })
	_, err := w.RunTask(w.ctx, w.input())
	wantRefusal(t, err, "ClientException", "runtimePlatform")
	w.Architecture = ecs.ArchitectureX86
	if got := w.run()[0].Attributes[0]; *got.Value != "x86_64" {
		t.Errorf("a definition of X86_64 runs on %s", *got.Value)
	}
}

// Package reconcile is the one loop that every controller runs in. It is keyed
// and level-triggered: a wake-up names a key and carries no data; the
// controller's function looks at the newest state, does what is missing, and is
// called again when that failed. One key never runs twice at once, different
// keys run in parallel, and a woken key runs at once.
package reconcile

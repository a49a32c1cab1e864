// Package archtest fails the build where the code leaves the house that
// ARCHITECTURE.md draws: who may import whom, how large a file may grow, where
// time and randomness come from, and that every package says what it is for.
package archtest

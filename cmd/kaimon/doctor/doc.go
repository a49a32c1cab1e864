// Package doctor checks whether a machine can run Kaimon. What it found out
// about the machine (Host) and what follows from it (Diagnose) are apart, so
// that every advice has a test.
package doctor

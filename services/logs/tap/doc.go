// Package tap shows what comes into log groups to those who want to know at
// once: metric filters and live tails. It lies between everyone who writes
// events and the engine.
package tap

// Package gateway is the front door: one HTTP handler, one port. A call of an
// AWS API is read, its signature verified, its service and operation found, its
// input decoded and checked, its caller authorised, its handler called and the
// answer or the error written in the protocol of the request. Other handlers are
// mounted by path prefix (the registry, the console) or by host (load
// balancers), and do as they please.
//
// The gateway knows services only as wire.Service descriptors and keys only
// through the Credentials interface.
package gateway

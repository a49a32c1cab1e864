// Package engine is the proxy itself: it listens in the load balancers' network
// namespaces, takes requests apart, gives them to targets and brings the answers
// back. It is a proxy.Plane; package control puts it behind a socket.
//
// A request is served by the goroutine of its client's connection, which also
// talks to the target: no hand-over, no channel, one write per head. What a
// configuration changes is swapped as one immutable table; sockets, nodes and
// targets with their connections live on across configurations.
package engine

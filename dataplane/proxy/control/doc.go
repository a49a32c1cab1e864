// Package control puts a proxy.Plane behind a Unix socket: Serve is the proxy's
// end, Client the control plane's. Messages are JSON values, one after the
// other, both ways: whole configurations go in; answers to them and reports come
// back.
//
// The client starts the proxy as a process of its own session if none answers,
// and starts it again if it dies; it leaves it running when it is closed.
package control

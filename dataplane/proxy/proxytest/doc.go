// Package proxytest is a proxy.Plane for tests of controllers: it records
// configurations and says what the test tells it to say.
package proxytest

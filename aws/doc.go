// Package aws holds what is AWS and belongs to no one service: ARNs, the error
// that crosses every layer, and the identity of a caller. The wire protocols
// live in aws/wire, signatures in aws/sigv4, the front door in aws/gateway.
package aws

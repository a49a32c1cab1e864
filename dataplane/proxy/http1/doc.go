// Package http1 reads and writes HTTP/1.1 (RFC 9112) for a proxy: heads are
// parsed into one string and its substrings, bodies stream through without
// being copied, and what two parsers might read differently is graded as an
// Application Load Balancer's desync mitigation does (Elastic Load Balancing
// user guide, "Desync mitigation mode"; github.com/aws/http-desync-guardian).
package http1

// Package sample is the service that `kaimon demo` deploys: a web page that
// says which task served it, and the image of it, which is made of the running
// program itself and so needs no registry.
package sample

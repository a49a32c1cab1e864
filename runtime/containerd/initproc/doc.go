// Package initproc is process 1 of a container that asked for an init
// (LinuxParameters, initProcessEnabled): it runs the container's command,
// passes signals on to it, and collects the children that others leave behind.
package initproc

// Package vpctest stands in for the kernel in tests of controllers.
package vpctest

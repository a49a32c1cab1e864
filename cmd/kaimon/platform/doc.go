// Package platform wires Kaimon's parts into one server: store, gateway,
// services, controllers, data plane and runtime. It holds no logic of its own.
package platform

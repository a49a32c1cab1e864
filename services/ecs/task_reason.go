package ecs

import "fmt"

// Stop reasons in AWS's words (ECS Developer Guide, "Stopped task error messages").
const (
	ReasonEssentialExited = "Essential container in task exited"
	ReasonStoppedByUser   = "Task stopped by user"
	ReasonFailedToStart   = "Task failed to start"
	// ReasonAttachTimeout is what a task ends with whose interface didn't come up.
	ReasonAttachTimeout = "Timeout waiting for network interface provisioning to complete."
	// ReasonLost is what a task ends with that was gone when the server came back.
	ReasonLost = "The task was lost: the machine or its container runtime went down while it ran"
	// ReasonDefinitionGone is what a task ends with whose definition was deleted before it ran.
	ReasonDefinitionGone = "Task definition was deleted before the task started"
)

// ReasonCannotPull says why an image could not be had.
func ReasonCannotPull(detail string) string { return "CannotPullContainerError: " + detail }

// ReasonResourceInitialization says what the task's surroundings lacked.
func ReasonResourceInitialization(detail string) string {
	return "ResourceInitializationError: " + detail
}

// ReasonNoLogStream says that a container's log stream can't be made, with the
// answer of CloudWatch Logs.
func ReasonNoLogStream(code, message string) string {
	return ReasonResourceInitialization("failed to validate logger args: create stream has been retried 1 times: " +
		"failed to create Cloudwatch log stream: " + code + ": " + message + " : exit status 1")
}

// ReasonNoInterface says that EC2 refused to make the task's interface, with
// EC2's code.
func ReasonNoInterface(subnet string, public bool, code string) string {
	with := ""
	if public {
		with = " with public IP assignment enabled"
	}
	return fmt.Sprintf("Unexpected EC2 error while attempting to Create Network Interface%s in subnet '%s': %s", with, subnet, code)
}

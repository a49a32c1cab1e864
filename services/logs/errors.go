package logs

import "kaimon.dev/kaimon/aws"

// InvalidParameter says what is wrong with a parameter.
func InvalidParameter(format string, args ...any) *aws.Error {
	return aws.Errorf("InvalidParameterException", format, args...)
}

// ErrNoGroup says that a log group does not exist.
func ErrNoGroup() *aws.Error {
	return aws.Errorf("ResourceNotFoundException", "The specified log group does not exist.")
}

// ErrNoStream says that a log stream does not exist.
func ErrNoStream() *aws.Error {
	return aws.Errorf("ResourceNotFoundException", "The specified log stream does not exist.")
}

// LimitExceeded says that a quota is used up.
func LimitExceeded(format string, args ...any) *aws.Error {
	return aws.Errorf("LimitExceededException", format, args...)
}

func errNoDefinition() *aws.Error {
	return aws.Errorf("ResourceNotFoundException", "The specified query definition does not exist.")
}

func errGroupExists() *aws.Error {
	return aws.Errorf("ResourceAlreadyExistsException", "The specified log group already exists")
}

func errStreamExists() *aws.Error {
	return aws.Errorf("ResourceAlreadyExistsException", "The specified log stream already exists")
}

func errProtected(group string) *aws.Error {
	return aws.Errorf("ValidationException", "Log group %s has deletion protection enabled. Disable deletion protection before deleting.", group)
}

func errNoMetricFilter() *aws.Error {
	return aws.Errorf("ResourceNotFoundException", "The specified metric filter does not exist.")
}

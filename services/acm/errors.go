package acm

import "kaimon.dev/kaimon/aws"

// Errors of the ACM API, with the codes of its reference.

// ErrNotFound says that a certificate does not exist.
func ErrNotFound(s aws.Scope, arn string) *aws.Error {
	return aws.Errorf("ResourceNotFoundException", "Could not find certificate %s in account %s.", arn, s.Account)
}

// ErrInvalidARN says that an ARN isn't a certificate's.
func ErrInvalidARN(arn string) *aws.Error {
	return aws.Errorf("InvalidArnException", "The certificate ARN '%s' is not valid.", arn)
}

// ErrInUse says that a load balancer shows a certificate.
func ErrInUse(s aws.Scope, arn string) *aws.Error {
	return aws.Errorf("ResourceInUseException", "Certificate %s in account %s is in use.", arn, s.Account)
}

// ErrValidation says that a parameter's value can't be.
func ErrValidation(format string, args ...any) *aws.Error {
	return aws.Errorf("ValidationException", format, args...)
}

// ErrInvalidParameter says that a parameter is refused.
func ErrInvalidParameter(format string, args ...any) *aws.Error {
	return aws.Errorf("InvalidParameterException", format, args...)
}

// ErrTooManyTags says that a certificate would have more than 50 tags.
func ErrTooManyTags() *aws.Error {
	return aws.Errorf("TooManyTagsException", "A certificate can have at most %d tags.", maxTags)
}

// maxTags is how many tags a certificate may have.
const maxTags = 50

// ErrInvalidTag says that a tag can't be.
func ErrInvalidTag(format string, args ...any) *aws.Error {
	return aws.Errorf("InvalidTagException", format, args...)
}

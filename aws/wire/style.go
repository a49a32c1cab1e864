package wire

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws"
)

// Style is how a service words broken constraints.
type Style uint8

const (
	// CoralStyle is the common form: ValidationException, "2 validation errors
	// detected: Value 'x' at 'path' failed to satisfy constraint: …".
	CoralStyle Style = iota
	// QueryStyle is the common text under ValidationError, as the Query services say it.
	QueryStyle
	// LogsStyle is the common text under InvalidParameterException, as CloudWatch
	// Logs says it.
	LogsStyle
	// ECSStyle is InvalidParameterException in ECS's own words where it has
	// some, and ClientException for task definitions.
	ECSStyle
	// EC2Style is MissingParameter and InvalidParameterValue, one parameter at a time.
	EC2Style
	// ECRStyle is InvalidParameterException, "Invalid parameter at 'path' failed
	// to satisfy constraint: '…'", one parameter at a time.
	ECRStyle
)

// error words the violations, of which there is at least one.
func (s Style) error(op *Operation, found []violation) *aws.Error {
	switch s {
	case ECSStyle:
		return ecsError(op, found[0])
	case EC2Style:
		return ec2Error(found)
	case ECRStyle:
		return ecrError(found[0])
	case LogsStyle:
		return &aws.Error{Code: "InvalidParameterException", Message: coralMessage(found)}
	case QueryStyle:
		return &aws.Error{Code: "ValidationError", Message: coralMessage(found)}
	}
	return &aws.Error{Code: "ValidationException", Message: coralMessage(found)}
}

func coralMessage(found []violation) string {
	parts := make([]string, len(found))
	for i, v := range found {
		value := "'" + v.value + "'"
		if v.absent {
			value = "null"
		}
		parts[i] = fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, v.path, v.constraint)
	}
	noun := "errors"
	if len(found) == 1 {
		noun = "error"
	}
	return fmt.Sprintf("%d validation %s detected: %s", len(found), noun, strings.Join(parts, "; "))
}

// ecsError follows what ECS answers: "include should be one of
// [ATTACHMENTS,SETTINGS,…]", "TaskDefinition can not be blank.", "Tasks cannot be empty.".
func ecsError(op *Operation, v violation) *aws.Error {
	code := "InvalidParameterException"
	if op.Name == "RegisterTaskDefinition" {
		code = "ClientException"
	}
	switch {
	case v.rule == ruleEnum:
		values := slices.Sorted(slices.Values(v.shape.Enum))
		return aws.Errorf(code, "%s should be one of [%s]", v.path, strings.Join(values, ","))
	case v.rule == ruleRequired && v.shape.Kind == String:
		return aws.Errorf(code, "%s can not be blank.", capitalised(v.path))
	case v.rule == ruleRequired:
		return aws.Errorf(code, "%s cannot be empty.", capitalised(v.path))
	}
	return aws.Errorf(code, "%s", coralMessage([]violation{v}))
}

// ecrError follows what ECR answers: "Invalid parameter at 'repositoryName'
// failed to satisfy constraint: 'must satisfy regular expression …'".
func ecrError(v violation) *aws.Error {
	constraint := strings.Replace(strings.TrimPrefix(v.constraint, "Member "), "regular expression pattern: ", "regular expression ", 1)
	return aws.Errorf("InvalidParameterException", "Invalid parameter at '%s' failed to satisfy constraint: '%s'", v.path, constraint)
}

// ec2Error reports a missing parameter first (EC2 API reference, "Error codes").
func ec2Error(found []violation) *aws.Error {
	v := slices.MinFunc(found, func(a, b violation) int { return cmp.Compare(a.rule, b.rule) })
	if v.rule == ruleRequired {
		return aws.Errorf("MissingParameter", "The request must contain the parameter %s", v.param)
	}
	const code = "InvalidParameterValue"
	if v.rule == ruleRange && v.shape.Bounds != nil {
		return ec2RangeError(v)
	}
	if v.rule == ruleEnum {
		return aws.Errorf(code, "Value (%s) for parameter %s is invalid. Valid values: %s", v.item, v.param, strings.Join(v.shape.Enum, ", "))
	}
	return aws.Errorf(code, "Value (%s) for parameter %s is invalid. %s", v.item, v.param, v.constraint)
}

// ec2RangeError is EC2's sentence, which says "greater than" and means "at least".
func ec2RangeError(v violation) *aws.Error {
	expected := fmt.Sprintf("greater than %d", v.shape.Bounds.Min)
	if strings.Contains(v.constraint, "less than") {
		expected = fmt.Sprintf("less than or equal to %d", v.shape.Bounds.Max)
	}
	return aws.Errorf("InvalidParameterValue", "Value ( %s ) for parameter %s is invalid. Expecting a value %s.", v.item, uncapitalised(v.param), expected)
}

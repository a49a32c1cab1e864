package ecs

import (
	"fmt"
	"regexp"
	"strings"
)

// Begins is a regular expression for the lines that begin an event of several:
// awslogs-multiline-pattern, or what awslogs-datetime-format stands for; "" when
// every line is an event (Developer Guide, "Send Amazon ECS logs to CloudWatch").
func (l *LogConfiguration) Begins() (string, error) {
	name, text := "awslogs-multiline-pattern", l.Options["awslogs-multiline-pattern"]
	if format := l.Options["awslogs-datetime-format"]; format != "" {
		name, text = "awslogs-datetime-format", datetimePattern(format)
	}
	if _, err := regexp.Compile(text); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return text, nil
}

// datetimeParts are the expressions for the parts of a strftime(3) format
// (Docker, "Amazon CloudWatch Logs logging driver", awslogs-datetime-format).
var datetimeParts = map[byte]string{
	'a': `(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)`,
	'A': `(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)`,
	'w': `[0-6]`,
	'd': `\d{2}`,
	'b': `(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)`,
	'B': `(?:January|February|March|April|May|June|July|August|September|October|November|December)`,
	'm': `\d{2}`,
	'Y': `\d{4}`,
	'y': `\d{2}`,
	'H': `\d{2}`,
	'I': `\d{2}`,
	'p': `(?:AM|PM)`,
	'M': `\d{2}`,
	'S': `\d{2}`,
	'L': `\.\d{3}`,
	'f': `\d{6}`,
	'z': `[+-]\d{4}`,
	'Z': `[A-Z]{1,4}T`,
	'j': `\d{3}`,
	'%': `%`,
}

// datetimePattern replaces the parts of a format; what lies between them is a
// regular expression already.
func datetimePattern(format string) string {
	var out strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] == '%' && i+1 < len(format) {
			if part, ok := datetimeParts[format[i+1]]; ok {
				out.WriteString(part)
				i++
				continue
			}
		}
		out.WriteByte(format[i])
	}
	return out.String()
}

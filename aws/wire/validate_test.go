package wire

import (
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws"
)

func validateThing(style Style, in *PutThingInput) error {
	s := thingService()
	s.Style = style
	op, _ := s.Operation("PutThing")
	return s.Validate(op, in)
}

func TestValidateAcceptsWhatFits(t *testing.T) {
	for name, in := range map[string]*PutThingInput{
		"least":       {Name: Ptr("")},
		"lowest":      {Name: Ptr("x"), Count: Ptr(int32(5)), Ratio: Ptr(0.0), Names: []string{}},
		"highest":     {Name: Ptr("x"), Count: Ptr(int32(1000)), Data: make([]byte, 8), Names: []string{"a", "bcdef", "z"}},
		"enumeration": {Name: Ptr("x"), Color: Ptr("RED"), Flat: []string{"BLUE", "RED"}, Labels: map[string]string{"k": "RED"}},
		"deep":        {Name: Ptr("x"), Parent: &Item{Key: Ptr("a"), Children: []Item{{Key: Ptr("b")}}}},
	} {
		if err := validateThing(CoralStyle, in); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestValidateInTheCommonWords(t *testing.T) {
	const key = "Member must have length greater than or equal to 1, Member must have length less than or equal to 5, " +
		`Member must satisfy regular expression pattern: [\u0061-z]*`
	for _, c := range []struct {
		name string
		in   PutThingInput
		want string
	}{
		{"required", PutThingInput{}, "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"},
		{"enum", PutThingInput{Color: Ptr("red")}, "Value 'red' at 'color' failed to satisfy constraint: Member must satisfy enum value set: [RED, BLUE]"},
		{"too small", PutThingInput{Count: Ptr(int32(4))}, "Value '4' at 'count' failed to satisfy constraint: Member must have value greater than or equal to 5"},
		{"too big", PutThingInput{Count: Ptr(int32(1001))}, "Value '1001' at 'count' failed to satisfy constraint: Member must have value less than or equal to 1000"},
		{"negative double", PutThingInput{Ratio: Ptr(-0.5)}, "Value '-0.5' at 'ratio' failed to satisfy constraint: Member must have value greater than or equal to 0"},
		{"blob too long", PutThingInput{Data: make([]byte, 9)}, "at 'data' failed to satisfy constraint: Member must have length less than or equal to 8"},
		{"list too long", PutThingInput{Names: []string{"a", "b", "c", "d"}}, "Value '[a, b, c, d]' at 'names' failed to satisfy constraint: Member must have length less than or equal to 3"},
		{"element", PutThingInput{Names: []string{"a", "B"}}, "Value '[a, B]' at 'names' failed to satisfy constraint: Member must satisfy constraint: [" + key + "]"},
		{"element of enum", PutThingInput{Flat: []string{"x"}}, "Value '[x]' at 'flat' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [RED, BLUE]]"},
		{"in a structure in a list", PutThingInput{Items: []Item{{Key: Ptr("a")}, {}}}, "Value null at 'items.2.member.key' failed to satisfy constraint: Member must not be null"},
		{"deeper", PutThingInput{Parent: &Item{Key: Ptr("a"), Children: []Item{{Key: Ptr("")}}}},
			"Value '' at 'parent.children.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"a pattern holds for the whole", PutThingInput{Parent: &Item{Key: Ptr("a\n")}}, `at 'parent.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\u0061-z]*`},
		{"map key", PutThingInput{Labels: map[string]string{"": "RED"}}, "Value '{=RED}' at 'labels' failed to satisfy constraint: Map keys must satisfy constraint: [" + key + "]"},
		{"map value", PutThingInput{Labels: map[string]string{"k": "x"}}, "at 'labels.k' failed to satisfy constraint: Map value must satisfy constraint: [Member must satisfy enum value set: [RED, BLUE]]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name != "required" {
				c.in.Name = Ptr("x")
			}
			e, ok := aws.AsError(validateThing(CoralStyle, &c.in))
			if !ok || e.Code != "ValidationException" || !strings.HasSuffix(e.Message, c.want) {
				t.Errorf("got  %v\nwant %s", e, c.want)
			}
		})
	}
}

func TestValidateCounts(t *testing.T) {
	e, _ := aws.AsError(validateThing(CoralStyle, &PutThingInput{Count: Ptr(int32(1)), Color: Ptr("x")}))
	if !strings.HasPrefix(e.Message, "3 validation errors detected: Value null at 'name'") || strings.Count(e.Message, "; Value ") != 2 {
		t.Errorf("got %s", e.Message)
	}
	many := PutThingInput{Items: make([]Item, 1000)}
	e, _ = aws.AsError(validateThing(CoralStyle, &many))
	if !strings.HasPrefix(e.Message, "32 validation errors detected") {
		t.Errorf("an answer without bounds: %.60s", e.Message)
	}
}

func TestValidateInTheWordsOfAService(t *testing.T) {
	missing, color := PutThingInput{}, PutThingInput{Name: Ptr("x"), Flat: []string{"RED", "x"}}
	small, big := PutThingInput{Name: Ptr("x"), Count: Ptr(int32(4))}, PutThingInput{Name: Ptr("x"), Count: Ptr(int32(2000))}
	long := PutThingInput{Name: Ptr("x"), Names: []string{"abcdef"}}
	for _, c := range []struct {
		style         Style
		in            PutThingInput
		code, message string
	}{
		{QueryStyle, missing, "ValidationError", "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"},
		{LogsStyle, missing, "InvalidParameterException", "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"},
		{ECRStyle, missing, "InvalidParameterException", "Invalid parameter at 'name' failed to satisfy constraint: 'must not be null'"},
		{ECSStyle, missing, "InvalidParameterException", "Name can not be blank."},
		{ECSStyle, color, "InvalidParameterException", "flat should be one of [BLUE,RED]"},
		{ECSStyle, small, "InvalidParameterException", "1 validation error detected: Value '4' at 'count' failed to satisfy constraint: Member must have value greater than or equal to 5"},
		{EC2Style, missing, "MissingParameter", "The request must contain the parameter Name"},
		{EC2Style, PutThingInput{Color: Ptr("x")}, "MissingParameter", "The request must contain the parameter Name"},
		{EC2Style, PutThingInput{Name: Ptr("x"), Items: []Item{{}}}, "MissingParameter", "The request must contain the parameter ItemSet.1.Key"},
		{EC2Style, color, "InvalidParameterValue", "Value (x) for parameter Flat.2 is invalid. Valid values: RED, BLUE"},
		{EC2Style, small, "InvalidParameterValue", "Value ( 4 ) for parameter count is invalid. Expecting a value greater than 5."},
		{EC2Style, big, "InvalidParameterValue", "Value ( 2000 ) for parameter count is invalid. Expecting a value less than or equal to 1000."},
		{EC2Style, long, "InvalidParameterValue", "Value (abcdef) for parameter Moniker.1 is invalid. Member must satisfy constraint: [Member must have length greater than or equal to 1, " +
			`Member must have length less than or equal to 5, Member must satisfy regular expression pattern: [\u0061-z]*]`},
	} {
		e, ok := aws.AsError(validateThing(c.style, &c.in))
		if !ok || e.Code != c.code || e.Message != c.message || e.HTTPStatus() != 400 {
			t.Errorf("style %d: got  %v\nwant %s: %s", c.style, e, c.code, c.message)
		}
	}
}

func TestECSStyleSpeaksOfTaskDefinitionsAsClientException(t *testing.T) {
	found := []violation{{rule: ruleRequired, path: "containerDefinitions", shape: &Shape{Kind: List}, absent: true}}
	e := ECSStyle.error(&Operation{Name: "RegisterTaskDefinition"}, found)
	if e.Code != "ClientException" || e.Message != "ContainerDefinitions cannot be empty." {
		t.Errorf("got %v", e)
	}
}

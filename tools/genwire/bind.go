package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// styles name each service's way to report broken constraints where it is not
// the one that follows from its protocol.
var styles = map[string]string{"ecs": "ECSStyle", "ecr": "ECRStyle", "logs": "LogsStyle"}

// protocols maps the model's names to wire's constants.
var protocols = map[string]string{
	"query":              "Query",
	"ec2":                "EC2Query",
	"rest-json":          "RESTJSON",
	"rest-xml":           "RESTXML",
	"smithy-rpc-v2-cbor": "RPCv2",
}

func (g *generator) style() string {
	if s, ok := styles[g.service]; ok {
		return s
	}
	switch g.model.Metadata.Protocol {
	case "ec2":
		return "EC2Style"
	case "query":
		return "QueryStyle"
	}
	return "CoralStyle"
}

// bind writes the function that binds a handler to the wire.
func (g *generator) bind() {
	meta := g.model.Metadata
	g.printf("// Bind describes the service, bound to its handler.\nfunc Bind(api API) *wire.Service {\nreturn wire.Link(wire.Service{\n")
	g.field("Name", g.service)
	g.field("ServiceID", meta.ServiceID)
	g.field("SigningName", cmp.Or(meta.SigningName, meta.EndpointPrefix))
	g.field("EndpointPrefix", meta.EndpointPrefix)
	g.field("APIVersion", meta.APIVersion)
	g.field("TargetPrefix", meta.TargetPrefix)
	g.field("XMLNamespace", meta.XMLNamespace)
	g.printf("Protocols: []wire.Protocol{")
	for _, p := range meta.Protocols {
		g.printf("%s,", g.protocol(p))
	}
	g.printf("},\nStyle: wire.%s,\nOperations: []wire.Operation{\n", g.style())
	for _, name := range g.operations() {
		op := g.model.Operations[name]
		g.printf("wire.Op(wire.Operation{Name: %q", name)
		if op.Output != nil && op.Output.ResultWrapper != "" {
			g.printf(", ResultWrapper: %q", op.Output.ResultWrapper)
		}
		g.printf(", Method: %q, Path: %q}, api.%s),\n", op.HTTP.Method, op.HTTP.RequestURI, name)
	}
	g.printf("},\n")
	if errs := g.errors(); len(errs) > 0 {
		g.printf("Errors: []wire.ErrorShape{\n%s},\n", joined(errs))
	}
	g.printf("}, table)\n}\n\n")
}

func (g *generator) protocol(name string) string {
	if name == "json" {
		if g.model.Metadata.JSONVersion == "1.0" {
			return "wire.JSON10"
		}
		return "wire.JSON11"
	}
	return "wire." + protocols[name]
}

// errors returns a literal for every error that an operation names.
func (g *generator) errors() []string {
	names := map[string]bool{}
	for _, op := range g.model.Operations {
		for _, ref := range op.Errors {
			names[ref.Shape] = true
		}
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		shape := g.model.Shapes[name]
		code, status, fault := name, 400, "aws.Sender"
		if shape.Fault {
			status, fault = 500, "aws.Receiver"
		}
		if e := shape.Error; e != nil {
			code = cmp.Or(e.Code, code)
			status = cmp.Or(e.HTTPStatusCode, status)
		}
		out = append(out, fmt.Sprintf("{Code: %q, Status: %d, Fault: %s},\n", code, status, fault))
	}
	return out
}

func joined(lines []string) string {
	var all string
	for _, l := range lines {
		all += l
	}
	return all
}

// field writes a string field unless it is empty.
func (g *generator) field(name, value string) {
	if value != "" {
		g.printf("%s: %q,\n", name, value)
	}
}

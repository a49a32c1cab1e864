package insights

import (
	"strings"
	"testing"
)

// The events of the examples in the User Guide ("Sample queries", "fields",
// "filter", "parse", "stats" …), or of the kind that they are for.
const (
	plainEvents = `
java.lang.Exception: one
fine
Exception two
exception three`
	values = `
{"foo-bar":"x","action":"ACCEPT","f1":10,"f2":"a","f3":4,"f4":9.5,"duration":1999,"Operation":"Put","StatusCode":201,"statusCode":200}
{"foo-bar":"y","action":"REJECT","f1":"Exception","f2":"b","f3":26,"f4":1,"duration":2001,"Operation":"Get","StatusCode":404,"statusCode":300,"Type":"foo"}
{"f1":3,"f2":"a","f3":"E","duration":2000,"statusCode":"500","Type":"z"}`
	flows = `
{"srcAddr":"192.0.2.7","dstAddr":"10.0.0.1","bytes":100,"packets":3,"protocol":17,"logStatus":"OK"}
{"srcAddr":"192.0.2.7","dstAddr":"10.0.0.2","bytes":50,"packets":1,"protocol":6,"logStatus":"SKIPDATA"}
{"srcAddr":"198.51.100.4","dstAddr":"10.0.0.1","bytes":7,"packets":9,"protocol":17,"logStatus":"OK"}
{"srcAddr":"192.0.2.7","dstAddr":"10.0.0.1","bytes":1,"packets":1,"protocol":17,"logStatus":"SKIPDATA"}`
	trail = `
{"eventName":"StartInstances","eventSource":"ec2.amazonaws.com","awsRegion":"us-east-2","requestParameters":{"instancesSet":{"items":[{"instanceId":"i-abcde123"}]}},"userIdentity":{"type":"IAMUser"}}
{"eventName":"CreateUser","eventSource":"iam.amazonaws.com","awsRegion":"us-east-1","requestParameters":{"userName":"Alice"},"responseElements":{"user":{"arn":"arn:aws:iam::1:user/Alice"}}}
{"eventName":"UpdateTrail","eventSource":"cloudtrail.amazonaws.com","awsRegion":"us-east-2","errorCode":"AccessDenied","errorMessage":"no"}`
	errorLine = `25 May 2019 10:24:39,474 [ERROR] {foo=2, bar=data} The error was: DataIntegrityException`
	userLines = `
25 May 2019 10:24:39,474 user=user1234, method:sampleMethod, latency := 216
25 May 2019 10:24:40,474 user=user1234, method:sampleMethod, latency := 104
25 May 2019 10:24:41,474 user=other, method:sampleMethod, latency := 7`
	apache = `
{"remoteIP":"203.0.113.1","method":"GET","status":"200","filename":"/var/www/html/admin","referrer":"http://34.250.27.141/","message":"resuming normal operations"}
{"remoteIP":"203.0.113.1","method":"GET","status":"200","filename":"/","referrer":"http://34.250.27.141/","message":"x"}
{"remoteIP":"203.0.113.2","method":"PUT","status":"200","filename":"/","referrer":"http://34.250.27.141/","message":"x"}`
)

// TestDocumented runs the examples of the User Guide.
func TestDocumented(t *testing.T) {
	for _, c := range []struct{ query, events, want string }{
		// fields, filter
		{"fields `foo-bar`, action, abs(f3-f4)", values, `

foo-bar=y, action=REJECT, abs(f3-f4)=25
foo-bar=x, action=ACCEPT, abs(f3-f4)=5.5`},
		{`fields concat(Operation, '-', StatusCode) as opStatus`, values, "opStatus=-\nopStatus=Get-404\nopStatus=Put-201"},
		{`fields f1, f2, f3 | filter (duration>2000)`, values, "f1=Exception, f2=b, f3=26"},
		{`filter (duration>2000) | display f1`, values, "f1=Exception"},
		{`fields f1, f2 | filter (f1=10 or f3>25)`, values, "f1=Exception, f2=b\nf1=10, f2=a"},
		{`fields f1 | filter statusCode like /2\d\d/`, values, "f1=10"},
		{`fields f1 | filter statusCode not like /2\d\d/`, values, "f1=3\nf1=Exception"},
		{`fields @timestamp, statusCode | filter statusCode in [300,400,500]`, values,
			"@timestamp=2026-11-20 10:02:00.000, statusCode=500\n@timestamp=2026-11-20 10:01:00.000, statusCode=300"},
		{`fields f2 | filter Type not in ["foo","bar",1]`, values, "f2=a\nf2=a"},
		{`fields @timestamp, @message | filter logGroup in ["example_group"]`, values, ""},
		{`fields f2 | filter f1 like "Exception"`, values, "f2=b"},
		{`fields f2 | filter f1 like /Exception/`, values, "f2=b"},
		{`fields f2 | filter f1 =~ /Exception/`, values, "f2=b"},
		{`fields f2 | filter f3 like /E*/`, values, "f2=a\nf2=b\nf2=a"},
		{`fields f2 | filter f1 not like "Exception"`, values, "f2=a\nf2=a"},
		{`fields f2 | filter f1 like /(?i)exception/`, values, "f2=b"},
		// aliases, comments, sort, limit, dedup
		{`fields abs(f4) as AbsoluteValuemyField, f2 | filter f4 > 0`, values, "AbsoluteValuemyField=1, f2=b\nAbsoluteValuemyField=9.5, f2=a"},
		{`stats avg(f3) as myAvgF1 by f2 | sort myAvgF1 desc`, values, "f2=b, myAvgF1=26\nf2=a, myAvgF1=4"},
		{"fields @message\n    # | filter @message like /delay/\n    | limit 2", plainEvents, "@message=exception three\n@message=Exception two"},
		{`fields f1, f2, f3 | sort f1 desc`, values, "f1=10, f2=a, f3=4\nf1=3, f2=a, f3=E\nf1=Exception, f2=b, f3=26"},
		{`sort @timestamp desc | limit 1 | display f1, f2`, values, "f1=3, f2=a"},
		{`fields @timestamp, f2, duration | sort @timestamp desc | dedup f2`, values,
			"@timestamp=2026-11-20 10:02:00.000, f2=a, duration=2000\n@timestamp=2026-11-20 10:01:00.000, f2=b, duration=2001"},
		// general queries
		{`fields @timestamp, @message | sort @timestamp desc | limit 1`, plainEvents, "@timestamp=2026-11-20 10:03:00.000, @message=exception three"},
		{`filter @message like /Exception/ | stats count(*) as exceptionCount by bin(1h) | sort exceptionCount desc`, plainEvents,
			"bin(1h)=2026-11-20 10:00:00.000, exceptionCount=2"},
		{`fields @message | filter @message not like /Exception/`, plainEvents, "@message=exception three\n@message=fine"},
		{`stats count(*) by @logStream | limit 100`, plainEvents, "@logStream=web/1, count(*)=4"},
		{`stats count(*) by bin(30s)`, errorLine, "bin(30s)=2026-11-20 10:00:00.000, count(*)=1"},
		// VPC flow logs
		{`stats sum(packets) as packetsTransferred by srcAddr, dstAddr | sort packetsTransferred  desc | limit 15`, flows,
			"srcAddr=198.51.100.4, dstAddr=10.0.0.1, packetsTransferred=9\nsrcAddr=192.0.2.7, dstAddr=10.0.0.1, packetsTransferred=4\nsrcAddr=192.0.2.7, dstAddr=10.0.0.2, packetsTransferred=1"},
		{`filter isIpv4InSubnet(srcAddr, "192.0.2.0/24") | stats sum(bytes) as bytesTransferred by dstAddr | sort bytesTransferred desc | limit 15`, flows,
			"dstAddr=10.0.0.1, bytesTransferred=101\ndstAddr=10.0.0.2, bytesTransferred=50"},
		{`filter protocol=17 | stats count(*) by srcAddr`, flows, "srcAddr=192.0.2.7, count(*)=2\nsrcAddr=198.51.100.4, count(*)=1"},
		{`filter logStatus="SKIPDATA" | stats count(*) by bin(1h) as t | sort t`, flows, "t=2026-11-20 10:00:00.000, count(*)=2"},
		{`filter (dstAddr like '10.0.0.1' and srcAddr like '192.0.') or (srcAddr like '198' and dstAddr not like '10.') | stats sum(bytes) as bytesTransferred by srcAddr, dstAddr`,
			flows,
			"srcAddr=192.0.2.7, dstAddr=10.0.0.1, bytesTransferred=101"},
		// CloudTrail
		{`stats count(*) by eventSource, awsRegion`, trail,
			"eventSource=cloudtrail.amazonaws.com, awsRegion=us-east-2, count(*)=1\neventSource=ec2.amazonaws.com, awsRegion=us-east-2, count(*)=1\neventSource=iam.amazonaws.com, awsRegion=us-east-1, count(*)=1"},
		{`filter (eventName="StartInstances" or eventName="StopInstances") and awsRegion="us-east-2" | fields userIdentity.type`,
			trail, "userIdentity.type=IAMUser"},
		{`filter eventName="CreateUser" | fields awsRegion, requestParameters.userName, responseElements.user.arn`, trail,
			"awsRegion=us-east-1, requestParameters.userName=Alice, responseElements.user.arn=arn:aws:iam::1:user/Alice"},
		{`filter eventName="UpdateTrail" and ispresent(errorCode) | stats count(*) by errorCode, errorMessage`,
			trail, "errorCode=AccessDenied, errorMessage=no, count(*)=1"},
		{`fields eventName | filter requestParameters.instancesSet.items.0.instanceId="i-abcde123" | sort @timestamp desc`,
			trail, "eventName=StartInstances"},
		{`fields ispresent(errorCode) as isRes`, trail, "isRes=1\nisRes=0\nisRes=0"},
		// Apache
		{`fields @timestamp, remoteIP, filename| sort @timestamp desc | filter filename="/var/www/html/admin" | limit 20`, apache,
			"@timestamp=2026-11-20 10:00:00.000, remoteIP=203.0.113.1, filename=/var/www/html/admin"},
		{`fields @timestamp, remoteIP, method, status | filter status="200" and referrer= "http://34.250.27.141/" and method= "GET" | stats count_distinct(remoteIP) as UniqueVisits | limit 10`,
			apache, "UniqueVisits=1"},
		{`fields @timestamp, message | filter message like "resuming normal operations" | sort @timestamp desc | limit 20`,
			apache, "@timestamp=2026-11-20 10:00:00.000, message=resuming normal operations"},
		// parse
		{`parse @message "[*] * The error was: *" as level, config, exception | display level, config, exception`, errorLine,
			"level=ERROR, config={foo=2, bar=data}, exception=DataIntegrityException"},
		{`parse @message /\[(?<level>\S+)\]\s+(?<config>\{.*\})\s+The error was: (?<exception>\S+)/ | display level, config, exception`, errorLine,
			"level=ERROR, config={foo=2, bar=data}, exception=DataIntegrityException"},
		{`parse @message "user=*, method:*, latency := *" as @user, @method, @latency | stats avg(@latency) by @method, @user`, userLines,
			"@method=sampleMethod, @user=other, avg(@latency)=7\n@method=sampleMethod, @user=user1234, avg(@latency)=160"},
		{`parse @message /user=(?<user2>.*?), method:(?<method2>.*?), latency := (?<latency2>\d+)/ | stats avg(latency2) by method2, user2`, userLines,
			"method2=sampleMethod, user2=other, avg(latency2)=7\nmethod2=sampleMethod, user2=user1234, avg(latency2)=160"},
		{`FIELDS @message | PARSE @message "* [*] *" as loggingTime, loggingType, loggingMessage | FILTER loggingType IN ["ERROR", "INFO"] | DISPLAY loggingMessage, loggingType = "ERROR" as isError`,
			errorLine,
			"loggingMessage={foo=2, bar=data} The error was: DataIntegrityException, isError=1"},
		{`parse @message "'fieldsA': '*', 'fieldsB': [*]" as fld, array | display fld, array`,
			`{'fieldsA': 'logs', 'fieldsB': [{'fA': 'a1'}, {'fA': 'a2'}]}`,
			"fld=logs, array={'fA': 'a1'}, {'fA': 'a2'}"},
		{`parse @message /(?<NetworkInterface>eni-.*?) / | display NetworkInterface, @message`,
			"2 1 eni-0a b", "NetworkInterface=eni-0a, @message=2 1 eni-0a b"},
		// several stats commands
		{`FIELDS strlen(@message) AS message_length | STATS sum(message_length)/1024/1024 as logs_mb BY bin(5m) | STATS max(logs_mb) AS peak, min(logs_mb) AS low, avg(logs_mb) AS mean`,
			strings.Repeat(strings.Repeat("x", 1<<20)+"\n", 6), "peak=5, low=1, mean=3"},
		{`stats avg(f3), min(f4), max(duration) by bin(5m)`, values, "bin(5m)=2026-11-20 10:00:00.000, avg(f3)=15, min(f4)=1, max(duration)=2001"},
		{`filter f1 like /\d/ | stats max(f1 / 2) as top, min(f1 / 2) as low, top - low as gap`, values, "top=5, low=1.5, gap=3.5"},
	} {
		if got := answer(t, c.query, c.events); strings.TrimSpace(got) != strings.TrimSpace(c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", c.query, got, c.want)
		}
	}
}

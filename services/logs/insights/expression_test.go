package insights

import (
	"strings"
	"testing"
)

// TestExpressions computes expressions for one event.
func TestExpressions(t *testing.T) {
	const event = `{"n":7,"f":2.5,"s":"Hello World","e":"","b":"  \t","yes":true,"no":false,"nil":null,"big":12345678901234567890,
		"ip":"192.0.2.7","ip6":"2001:db8::1","@own":"at","dotted.key":"d","a-b":{"c d":1},"list":[{"x":"y"},[3,4]],"json":"{\"k\":{\"v\":[1,\"two\"]},\"t\":true}","u":"héé","10":"ten"}`
	for _, c := range []struct{ x, want string }{
		// operators and their precedence
		{`1 + 2 * 3`, "7"},
		{`(1 + 2) * 3`, "9"},
		{`2 ^ 3`, "8"},
		{`2 ^ 3 ^ 2`, "512"},
		{`10 % 3`, "1"},
		{`-2 ^ 2`, "4"},
		{`7 - 2 - 1`, "4"},
		{`8 / 4 / 2`, "1"},
		{`1 / 0`, ""},
		{`--3`, "3"},
		{`-n`, "-7"},
		{`n+f`, "9.5"},
		{`s + 1`, ""},
		{`nil + 1`, ""},
		{`1e3`, "1000"},
		{`.5`, "0.5"},
		{`n = 7 and f = 2.5 or s = "x"`, "1"},
		{`n = 8 or n = 9 and 1 = 1`, "0"},
		{`not n = 7`, "0"},
		{`not not n = 7`, "1"},
		{`n = "7"`, "1"},
		{`n = 7.0`, "1"},
		{`n != 7`, "0"},
		{`nil = nil`, "0"},
		{`nil != 7`, "1"},
		{`nil < 7`, "0"},
		{`n <= 7`, "1"},
		{`n >= 7.1`, "0"},
		{`s < "Hello X"`, "1"},
		{`s < 5`, "0"},
		{`s > 5`, "0"},
		{`s in ["a", "Hello World"]`, "1"},
		{`n in [1, 2+5]`, "1"},
		{`n not in [7]`, "0"},
		{`nil in [1]`, "0"},
		{`nil not in [1]`, "1"},
		{`s like "lo W"`, "1"},
		{`s like "LO"`, "0"},
		{`s like /lo.W/`, "1"},
		{`s =~ /^World/`, "0"},
		{`s =~ "W.r"`, "1"},
		{`nil like //`, "0"},
		{`nil not like "x"`, "1"},
		{`n like 7`, "error"},
		{`yes`, "1"},
		{`no`, "0"},
		{`yes = true`, "1"},
		{`no = false`, "1"},
		{`yes = 1`, "1"},
		// names
		{`list.0.x`, "y"},
		{`list[0].x`, "y"},
		{`list[1][1]`, "4"},
		{`list.1.1`, "4"},
		{`list.2`, ""},
		{`list`, ""},
		{`dotted.key`, "d"},
		{"`dotted.key`", "d"},
		{"`a-b`.`c d`", "1"},
		{`@@own`, "at"},
		{`@own`, ""},
		{`@unknown`, ""},
		{`@log`, "000000000000:/app"},
		{"`10`", "ten"},
		{`absent.path`, ""},
		{`@ingestionTime`, "2026-11-20 11:00:00.000"},
		{`big`, "12345678901234567890"},
		// numbers
		{`abs(-3.5)`, "3.5"},
		{`abs(s)`, ""},
		{`ceil(2.1)`, "3"},
		{`floor(-2.1)`, "-3"},
		{`greatest(1, n, f)`, "7"},
		{`least(3, s, f)`, "2.5"},
		{`greatest(s)`, ""},
		{`log(1)`, "0"},
		{`log(10)`, "2.3026"},
		{`log(0)`, ""},
		{`sqrt(16)`, "4"},
		{`sqrt(-1)`, ""},
		{`0.00001`, "0"},
		{`0 - 0.00001`, "0"},
		{`1e15`, "1000000000000000"},
		// strings
		{`isempty(e)`, "1"},
		{`isempty(nil)`, "1"},
		{`isempty(s)`, "0"},
		{`isblank(b)`, "1"},
		{`isblank(nil)`, "1"},
		{`isblank(s)`, "0"},
		{`concat(s, "!", n, nil)`, "Hello World!7"},
		{`ltrim(b)`, ""},
		{`ltrim("xyZxyfooxyZ","xyZ")`, "fooxyZ"},
		{`rtrim("xyZfooxyxyZ","xyZ")`, "xyZfoo"},
		{`trim("xyZxyfooxyxyZ","xyZ")`, "foo"},
		{`trim("  x ")`, "x"},
		{`trim(nil)`, ""},
		{`strlen(u)`, "3"},
		{`strlen(nil)`, ""},
		{`toupper(u)`, "HÉÉ"},
		{`tolower(s)`, "hello world"},
		{`substr("xyZfooxyZ",3, 3)`, "foo"},
		{`substr(u, 1)`, "éé"},
		{`substr(u, 1, 1)`, "é"},
		{`substr(u, 9)`, ""},
		{`substr(u, -1)`, "héé"},
		{`substr(u, s)`, ""},
		{`substr(u, 0, 99)`, "héé"},
		{`replace(s, "l", "L")`, "HeLLo WorLd"},
		{`replace(s, "", "-")`, "Hello World"},
		{`replace(nil, "a", "b")`, ""},
		{`strcontains(s, "World")`, "1"},
		{`strcontains(s, "world")`, "0"},
		{`strcontains(nil, "")`, "0"},
		{`'it\'s "so" \\ \d'`, `it's "so" \ \d`},
		// times
		{`bin(1h)`, "2026-11-20 10:00:00.000"},
		{`bin(1d)`, "2026-11-20 00:00:00.000"},
		{`bin(1w)`, "2026-11-16 00:00:00.000"},
		{`bin(1mo)`, "2026-11-01 00:00:00.000"},
		{`bin(1qtr)`, "2026-10-01 00:00:00.000"},
		{`bin(1 h)`, "error"},
		{`bin(2years)`, "2026-01-01 00:00:00.000"},
		{`datefloor(@timestamp, 7h)`, "2026-11-20 04:00:00.000"},
		{`dateceil(@timestamp, 7h)`, "2026-11-20 11:00:00.000"},
		{`dateceil(@timestamp, 1h)`, "2026-11-20 10:00:00.000"},
		{`dateceil(@timestamp, 1mon)`, "2026-12-01 00:00:00.000"},
		{`fromMillis(1642195111000)`, "2022-01-14 21:18:31.000"},
		{`toMillis(fromMillis(1642195111000))`, "1642195111000"},
		{`fromMillis(s)`, ""},
		{`fromMillis(1e30)`, ""},
		{`datefloor(1e30, 1d)`, ""},
		{`now()`, "1795212000"},
		{`@timestamp < now() * 1000`, "1"},
		{`@timestamp = toMillis(@timestamp)`, "1"},
		{`concat(bin(1d), "")`, "2026-11-20 00:00:00.000"},
		// addresses
		{`isValidIp(ip)`, "1"},
		{`isValidIp(ip6)`, "1"},
		{`isValidIp(s)`, "0"},
		{`isValidIp(nil)`, "0"},
		{`isValidIpV4(ip)`, "1"},
		{`isValidIpV4(ip6)`, "0"},
		{`isValidIpV6(ip6)`, "1"},
		{`isValidIpV6(ip)`, "0"},
		{`isIpInSubnet(ip, "192.0.2.0/24")`, "1"},
		{`isIpInSubnet(ip6, "2001:db8::/32")`, "1"},
		{`isIpv4InSubnet(ip, "192.0.3.0/24")`, "0"},
		{`isIpv4InSubnet(ip6, "2001:db8::/32")`, "0"},
		{`isIpv6InSubnet(ip6, "2001:db8::/32")`, "1"},
		{`isIpv4InSubnet(ip, "bad")`, "0"},
		// general, JSON
		{`coalesce(nil, absent, n, s)`, "7"},
		{`coalesce(nil)`, ""},
		{`ispresent(n)`, "1"},
		{`isPresent(nil)`, "0"},
		{`ISPRESENT(absent)`, "0"},
		{`jsonParse(json)`, `{"k":{"v":[1,"two"]},"t":true}`},
		{`jsonParse("5")`, "5"},
		{`jsonParse("{")`, ""},
		{`jsonStringify(jsonParse(json))`, `{"k":{"v":[1,"two"]},"t":true}`},
		{`jsonParse(nil)`, ""},
	} {
		query := "display " + c.x + " as result"
		q, err := Compile(query, Options{Now: now})
		if err != nil {
			if c.want != "error" {
				t.Errorf("%s: %v", c.x, err)
			}
			continue
		}
		got := show(runs(t, q, eventsOf(strings.ReplaceAll(event, "\n", " ")), 1))
		if got, _ = strings.CutPrefix(got, "result="); got != c.want {
			t.Errorf("%s is %s, want %s", c.x, got, c.want)
		}
	}
}

// TestStructures reaches into what jsonParse returns, also behind a limit.
func TestStructures(t *testing.T) {
	const event = `{"doc":"{\"a\":{\"b\":[5,{\"c\":\"deep\"}]},\"no\":null}"}`
	for _, c := range []struct{ query, want string }{
		{`fields jsonParse(doc) as j | display j.a.b.0, j.a.b[1].c, j.a.b, j.none`, `j.a.b.0=5, j.a.b.1.c=deep, j.a.b=[5,{"c":"deep"}]`},
		{`fields jsonParse(doc) as j | filter j.a.b.0 = 5 | limit 1 | display j.a.b[1].c`, `j.a.b.1.c=deep`},
		{`fields jsonParse(@message) as m, jsonParse(m.doc) as j | stats count(*) by j.a.b.0`, `j.a.b.0=5, count(*)=1`},
		{`fields @timestamp as j | display j.a`, ``},
	} {
		if got := answer(t, c.query, event); got != c.want {
			t.Errorf("%s: %s, want %s", c.query, got, c.want)
		}
	}
}

// TestPipelines holds what is shown when commands follow one another.
func TestPipelines(t *testing.T) {
	const events = `
{"k":"a","n":3}
{"k":"b","n":1}
{"k":"a","n":2}
{"n":9}
[WARN] text
{"n":4}`
	for _, c := range []struct{ query, want string }{
		{`filter n = 3`, `@timestamp=2026-11-20 10:00:00.000, @message={"k":"a","n":3}`},
		{`parse @message "[*] *" as level, rest | filter level = "WARN"`, `@timestamp=2026-11-20 10:04:00.000, @message=[WARN] text, level=WARN, rest=text`},
		{`fields k | parse @message "[*]" as level | filter ispresent(level)`, `level=WARN`},
		{`fields n | limit 2`, "n=4\n"},
		{`fields n | sort @timestamp asc | limit 2 | filter n < 3`, "n=1"},
		{`fields n, @timestamp as at | limit 2 | filter ispresent(n) | display at`, "at=2026-11-20 10:05:00.000"},
		{`filter ispresent(n) | fields n | sort k, n desc`, "n=9\nn=4\nn=3\nn=2\nn=1"},
		{`filter ispresent(n) | fields n | sort k desc, n`, "n=1\nn=2\nn=3\nn=4\nn=9"},
		{`fields k, n | sort n asc | dedup k`, "\nk=b, n=1\nk=a, n=2\nn=4\nn=9"},
		{`fields n | sort n | sort n desc | limit 1`, "n=9"},
		{`filter ispresent(k) | fields k | dedup k | limit 1`, "k=a"},
		{`stats count(*) as c, sum(n) by k | filter c > 1 | display k, c`, "c=3\nk=a, c=2"},
		{`stats count(*) as c by k | fields c * 10 as ten | sort ten desc | limit 2`, "c=3, ten=30\nk=a, c=2, ten=20"},
		{`stats max(n) as top by k | stats count(top), sum(top)`, "count(top)=3, sum(top)=13"},
		{`stats count(*) by k | stats count(*) as groups`, "groups=3"},
		{`stats count(*) as c by k | parse k "*" as letter | filter letter = "b" | display letter`, "letter=b"},
		{`stats count(n), count(*), count(), count_distinct(k), sum(k), avg(k)`, "count(n)=5, count(*)=6, count()=6, count_distinct(k)=2"},
		{`stats earliest(n), latest(n), earliest(@timestamp), sortsFirst(k), sortsLast(k), min(@timestamp)`,
			"earliest(n)=3, latest(n)=4, earliest(@timestamp)=1795168800000, sortsFirst(k)=a, sortsLast(k)=b, min(@timestamp)=1795168800000"},
		{`stats stddev(n), pct(n, 0), pct(n, 50), pct(n, 100), pct(k, 50)`, "stddev(n)=2.7857, pct(n, 0)=1, pct(n, 50)=3, pct(n, 100)=9"},
		{`filter n = 77 | stats count(*)`, ""},
		{`stats sum(n) / count(n) as mean, sum(n) as s | display s, mean`, "s=19, mean=3.8"},
		{`stats count(*) as c by n > 2 as large`, "large=0, c=3\nlarge=1, c=3"},
		{`fields tolower(k) as k2 | stats count(*) by k2, bin(1h) as hour | filter k2 = "a" | display hour`, "hour=2026-11-20 10:00:00.000"},
		{"stats count(*) by k | sort `count(*)` desc | limit 1", "count(*)=3"},
		{`display n | display k | fields n | filter k = "b"`, "k=b"},
		{`fields n as n2, n | where n2 > 3`, "n2=4, n=4\nn2=9, n=9"},
		{`fields tolower(k) as k | filter k = "b"`, "k=b"},
	} {
		if got := answer(t, c.query, events); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.query, got, c.want)
		}
	}
}

// TestPointers holds that rows of events name their event, and others don't.
func TestPointers(t *testing.T) {
	events := eventsOf("a\nb")
	for _, query := range []string{`fields @message`, `display @ptr, @message`, `limit 2 | fields @message`, `fields @message | dedup @message`} {
		rows := runs(t, compile(t, query), events, 1)
		for i, row := range rows {
			var pointer string
			for _, f := range row {
				if f.Name == "@ptr" {
					pointer += f.Value
				}
			}
			e := events[1-i]
			if p, ok := ParsePointer(pointer); !ok || p != (Pointer{e.Stream, e.Time, e.Seq}) {
				t.Errorf("%s: row %d has %q", query, i, pointer)
			}
		}
	}
	for _, row := range runs(t, compile(t, `stats count(*) by @message`), events, 1) {
		if len(row) != 2 {
			t.Errorf("a group has %v", row)
		}
	}
	for _, bad := range []string{"", "x", strings.Repeat("A", 42), strings.Repeat("_", 43)} {
		if _, ok := ParsePointer(bad); ok {
			t.Errorf("%q is a pointer", bad)
		}
	}
}

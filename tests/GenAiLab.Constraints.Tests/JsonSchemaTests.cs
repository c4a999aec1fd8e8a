using System.Diagnostics;

namespace GenAiLab.Constraints.Tests;

public sealed class JsonSchemaTests
{
    private const string Person = """
        {"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0,"maximum":150},"tags":{"type":"array","items":{"type":"string"},"maxItems":2}},
         "required":["name","age"],"additionalProperties":false}
        """;

    private const string Tree = """
        {"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"value":{"type":"integer"},"children":{"type":"array","items":{"$ref":"#/$defs/node"}}},"required":["value","children"],"additionalProperties":false}}}
        """;

    [Theory]
    [InlineData("{}", "null|true|1.5|\"x\"|[1,[]]|{\"a\":{\"b\":null}}", "nul|01|{a:1}|[1,]|{\"a\":1,}|'x'| 1")]
    [InlineData("true", "{}", "")]
    [InlineData("""{"type":"null"}""", "null", "Null|0")]
    [InlineData("""{"type":"boolean"}""", "true|false", "null")]
    [InlineData("""{"type":["integer","null"]}""", "0|-12|null|1234567890123456", "-0|01|1.0|1e3|12345678901234567")]
    [InlineData("""{"type":"number"}""", "0|-0|1.25|-3e-7|2E+10|0.0", ".5|1.|+1|1e|1e100|NaN")]
    [InlineData("""{"type":"integer","minimum":-12,"maximum":103}""", "-12|-9|0|7|99|100|103", "-13|-99|104|110|1000|-0")]
    [InlineData("""{"type":"integer","exclusiveMinimum":9,"exclusiveMaximum":12}""", "10|11", "9|12")]
    [InlineData("""{"type":"integer","minimum":2.5,"maximum":4.5}""", "3|4", "2|5")]
    [InlineData("""{"type":"number","minimum":-0.25,"exclusiveMaximum":1.5}""", "-0.25|-0.2|0|0.00|1.49999|1|-0.24", "1.5|1.50|-0.26|-0.250000001|2|-1|1e0")]
    [InlineData("""{"type":"number","exclusiveMinimum":0}""", "0.0001|1|1000000000000000", "0|0.0|-1")]
    [InlineData("""{"type":"number","minimum":100,"maximum":100}""", "100|100.0", "100.1|99.9|1000")]
    [InlineData("""{"type":"integer","multipleOf":7,"minimum":0}""", "0|7|14|700", "8|-7")]
    [InlineData("""{"type":"number","multipleOf":0.25,"maximum":2}""", "0.25|-1.5|2|0.50", "0.3|2.25|0.125")]
    [InlineData("""{"type":"integer","multipleOf":2.5}""", "5|-10", "2|7")]
    [InlineData("""{"type":"string"}""", "\"\"|\"é😀\\n\\u00e9\\uD83D\\uDE00\\/\"", "\"\\x\"|\"\\uD83D\"|\"\\uDE00\"|\"\n\"|\"\\u12\"")]
    [InlineData("""{"type":"string","minLength":2,"maxLength":3}""", "\"ab\"|\"é😀x\"|\"\\n\\u0041\"|\"\\uD83D\\uDE00a\"", "\"a\"|\"abcd\"")]
    [InlineData("""{"type":"string","minLength":2}""", "\"ab\"|\"abcdefgh\"", "\"a\"|\"\"")]
    [InlineData("""{"type":"string","pattern":"^a.c$"}""", "\"abc\"|\"a\\\"c\"|\"aéc\"|\"a\\\\c\"", "\"abcd\"|\"a\\nc\"|\"a\\u0062c\"")]
    [InlineData("""{"type":"string","pattern":"b"}""", "\"b\"|\"abc\"", "\"a\"")]
    [InlineData("""{"type":"string","pattern":"^a|b$","maxLength":3}""", "\"axx\"|\"xxb\"", "\"xax\"|\"axxx\"")]
    [InlineData("""{"type":"string","pattern":"[\\t\\x01]"}""", "\"\\t\"|\"\\u0001\"", "\"t\"")]
    [InlineData("""{"const":"a\"b"}""", "\"a\\\"b\"", "\"a\"")]
    [InlineData("""{"enum":[1,"a",null,[1,{"b":[]}],{}]}""", "1|\"a\"|null|[1, {\"b\":[]}]|{}", "2|[1]|\"b\"")]
    [InlineData("""{"enum":[1,2,"a",3.5],"type":"integer","minimum":2}""", "2", "1|3.5|\"a\"")]
    [InlineData("""{"type":"array","items":{"type":"boolean"},"minItems":1,"maxItems":2}""", "[true]|[true,false]|[true, false]|[\n\t true,\n  false\n]", "[]|[true,true,true]|[1]|[ true]|[true ,true]")]
    [InlineData("""{"type":"array","items":{"type":"null"},"minItems":2}""", "[null,null]|[null,null,null,null]", "[]|[null]")]
    [InlineData("""{"prefixItems":[{"type":"integer"},{"type":"string"}]}""", "[]|[1]|[1,\"a\"]", "[\"a\"]|[1,\"a\",2]|{}")]
    [InlineData("""{"prefixItems":[{"type":"integer"}],"items":{"type":"string"},"minItems":2}""", "[1,\"a\"]|[1,\"a\",\"b\"]", "[1]|[1,2]")]
    [InlineData("""{"prefixItems":[{"type":"integer"}],"minItems":2}""", "[1,null]|[1,{}]", "[1]|[1,2,3]")]
    [InlineData("""{"type":"array","items":false}""", "[]", "[1]")]
    [InlineData(Person, "{\"name\":\"x\",\"age\":3}|{\"name\": \"x\", \"age\": 3, \"tags\": [\"a\"]}|{\n  \"name\":\"\",\n  \"age\":150\n}", "{}|{\"age\":3,\"name\":\"x\"}|{\"name\":\"x\"}|{\"name\":\"x\",\"age\":151}|{\"name\":\"x\",\"age\":1,\"more\":2}")]
    [InlineData("""{"type":"object","properties":{"a":{},"b":{},"c":{}}}""", "{}|{\"a\":1}|{\"b\":1}|{\"a\":1,\"c\":[]}|{\"a\":1,\"b\":2,\"c\":3}", "{,}|{\"a\":1,}|{\"c\":1,\"a\":1}|{\"d\":1}|{\"a\":1,\"a\":2}")]
    [InlineData("""{"type":"object","properties":{"ab":{"type":"null"}},"additionalProperties":{"type":"integer"}}""", "{}|{\"ab\":null}|{\"ab\":null,\"a\":1}|{\"\":1,\"abc\":2}|{\"x\":1}", "{\"ab\":1}|{\"x\":null}|{\"\\u0061b\":1}|{\"x\":1,\"ab\":null}")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"null"}},"required":["a","b"],"additionalProperties":{"type":"integer"}}""", "{\"a\":null,\"b\":1}|{\"a\":null,\"b\":1,\"c\":2}", "{\"a\":null}|{\"b\":1,\"a\":null}")]
    [InlineData("""{"type":"object","required":["a"]}""", "{\"a\":1}|{\"a\":1,\"b\":2}", "{}|{\"b\":2,\"a\":1}")]
    [InlineData("""{"type":"object","properties":{"a":false,"b":{}}}""", "{}|{\"b\":1}", "{\"a\":1}")]
    [InlineData("""{"properties":{"~/%":{"$ref":"#/properties/x~0~1%25"},"x~/%":{"const":1}}}""", "{\"~/%\":1}", "{\"~/%\":2}")]
    [InlineData("""{"anyOf":[{"type":"integer"},{"type":"string","maxLength":1}]}""", "1|\"a\"", "\"ab\"|null")]
    [InlineData("""{"type":"object","properties":{"k":{"type":"string"}},"anyOf":[{"required":["k"]},{"properties":{"j":{"const":1}},"required":["j"]}]}""", "{\"k\":\"\"}|{\"k\":\"\",\"j\":1}|{\"j\":1}", "{}|{\"j\":2}")]
    [InlineData("""{"oneOf":[{"properties":{"t":{"const":"a"},"x":{"type":"integer"}},"required":["t","x"]},{"properties":{"t":{"const":"b"},"x":{"type":"string"}},"required":["t"]}],"type":"object"}""", "{\"t\":\"a\",\"x\":1}|{\"t\":\"b\"}|{\"t\":\"b\",\"x\":\"\"}", "{\"t\":\"a\"}|{\"t\":\"a\",\"x\":\"\"}|{\"t\":\"b\",\"x\":1}")]
    [InlineData("""{"oneOf":[{"type":"string"},{"type":"null"},{"type":"integer","maximum":3},{"type":"integer","minimum":4}]}""", "null|\"\"|3|4", "true")]
    [InlineData("""{"oneOf":[{"pattern":"^a","type":"string"},{"pattern":"^b","type":"string"}]}""", "\"ax\"|\"b\"", "\"c\"")]
    [InlineData("""{"properties":{"t":{"enum":["a","b"]}},"required":["t"],"oneOf":[{"properties":{"t":{"const":"a"}}},{"properties":{"t":{"const":"b"},"u":{"type":"null"}},"required":["u"]}]}""", "{\"t\":\"a\"}|{\"t\":\"b\",\"u\":null}", "{\"t\":\"b\"}")]
    [InlineData("""{"allOf":[{"type":"integer","minimum":3},{"maximum":5},{"type":"number"}]}""", "3|5", "2|6|3.5")]
    [InlineData("""{"allOf":[{"properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"a":{"maxLength":1},"b":{"type":"null"}}}],"type":"object"}""", "{\"a\":\"x\"}|{\"a\":\"x\",\"b\":null}", "{}|{\"a\":\"xx\"}|{\"b\":null}")]
    [InlineData("""{"allOf":[{"properties":{"a":{}},"additionalProperties":false,"type":"object"},{"properties":{"b":{}}}]}""", "{}|{\"a\":1}", "{\"b\":1}")]
    [InlineData(Tree, "{\"value\":1,\"children\":[]}|{\"value\":1,\"children\":[{\"value\":2,\"children\":[{\"value\":3,\"children\":[]}]}]}", "{\"value\":1,\"children\":[1]}|{\"value\":1,\"children\":[{}]}")]
    [InlineData("""{"anyOf":[{"$ref":"#"},{"const":1},{"type":"array","items":{"$ref":"#"}}]}""", "1|[]|[1,[[1]]]", "2|[2]")]
    [InlineData("""{"title":"t","description":"d","default":1,"examples":[2],"$schema":"x","$comment":"c","type":"null"}""", "null", "1")]
    public void It_accepts_what_the_schema_says_and_nothing_else(string schema, string accepted, string rejected)
    {
        var constraint = Constraints.Schema(schema);
        foreach (var text in accepted.Split('|'))
        {
            Assert.True(constraint.Accepts(text), $"{schema} should accept {text}");
        }

        foreach (var text in rejected.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.False(constraint.Accepts(text), $"{schema} should not accept {text}");
        }
    }

    [Theory]
    [InlineData("date", "2024-02-29|2000-02-29|0001-01-31", "2023-02-29|1900-02-29|0000-01-01|2024-04-31|24-01-01")]
    [InlineData("time", "00:00:00Z|23:59:59.123+05:30", "24:00:00Z|23:59:60Z|12:00:00|12:00Z")]
    [InlineData("date-time", "2024-02-29T00:00:00Z", "2024-02-30T00:00:00Z|2024-02-29 00:00:00Z")]
    [InlineData("duration", "P1D|PT5M|P1Y2M3DT4H5M6S|P3W", "P|PT|1D|P1Y3D")]
    [InlineData("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000")]
    [InlineData("email", "a@b.co|first.last+tag@sub.example.org", "a@b|a b@c.de|@b.co|a@.co|a@b..co")]
    [InlineData("hostname", "localhost|a-b.example.com", "-a.com|a_b|a..b|")]
    [InlineData("ipv4", "0.0.0.0|255.255.255.255", "256.0.0.0|01.2.3.4|1.2.3")]
    [InlineData("ipv6", "::|::1|2001:db8::8a2e:370:7334|1:2:3:4:5:6:7:8|1::8|1:2:3:4:5:6:7::", "1:2|:::|1:2:3:4:5:6:7:8:9|12345::|1::2::3")]
    [InlineData("uri", "http://example.org|https://a.b:8080/c/d%20e?f=g/h#i", "example.org|http://|/a/b|http://a b")]
    public void Formats_are_kept(string format, string accepted, string rejected)
    {
        var constraint = Constraints.Schema($$"""{"type":"string","format":"{{format}}"}""");
        Assert.All(accepted.Split('|'), text => Assert.True(constraint.Accepts($"\"{text}\""), text));
        Assert.All(rejected.Split('|'), text => Assert.False(constraint.Accepts($"\"{text}\""), text));
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("{", "not JSON")]
    [InlineData("1", "at #: a schema is an object or a boolean")]
    [InlineData("""{"a":1,"a":2}""", "each name once")]
    [InlineData("""{"type":"strin"}""", "at #: type is a name")]
    [InlineData("""{"type":[]}""", "at #: type must be a list that is not empty")]
    [InlineData("""{"properties":{"a":{"minLenght":1}}}""", "at #/properties/a: the keyword 'minLenght' is not supported")]
    [InlineData("""{"not":{}}""", "'not' is not supported")]
    [InlineData("""{"patternProperties":{}}""", "'patternProperties'")]
    [InlineData("""{"uniqueItems":true}""", "'uniqueItems'")]
    [InlineData("""{"if":{}}""", "'if'")]
    [InlineData("""{"minLength":-1}""", "minLength must be an integer")]
    [InlineData("""{"minLength":1.5}""", "minLength must be an integer")]
    [InlineData("""{"multipleOf":0}""", "greater than 0")]
    [InlineData("""{"multipleOf":0.00123457,"type":"number"}""", "multipleOf 0.00123457 has too many digits")]
    [InlineData("""{"multipleOf":123456789,"type":"number"}""", "too many digits")]
    [InlineData("""{"items":[{}]}""", "prefixItems")]
    [InlineData("""{"required":[1]}""", "list of names")]
    [InlineData("""{"enum":[]}""", "not empty")]
    [InlineData("""{"format":"iban","type":"string"}""", "the format 'iban' is not supported; date,")]
    [InlineData("""{"pattern":"(?=a)","type":"string"}""", "at #: pattern: the expression at position 0: look-around")]
    [InlineData("""{"$ref":"other.json"}""", "only #/...")]
    [InlineData("""{"$ref":"#/$defs/a"}""", "leads nowhere")]
    [InlineData("""{"$ref":"#/title","title":"x"}""", "at #/title: a schema is an object")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"number"}]}""", "at #: branches 0 and 1 of oneOf may both hold")]
    [InlineData("""{"oneOf":[{"minLength":3},{"minimum":5}]}""", "may both hold")]
    [InlineData("""{"oneOf":[{"type":"number"},{"type":"number","minimum":100000000000000000}]}""", "may both hold")]
    [InlineData("""{"minimum":1e999}""", "digits")]
    [InlineData("""{"const":"\ud800"}""", "surrogate")]
    [InlineData("""{"type":"number","minimum":0.00000000000000001}""", "behind the decimal point")]
    public void What_is_not_supported_is_refused_by_name_and_place(string schema, string reason) =>
        Assert.Contains(reason, Constraints.Refusal(new ConstraintSource.JsonSchema(schema)));

    [Theory]
    [InlineData("false", "the schema false accepts nothing")]
    [InlineData("""{"$ref":"#"}""", "it refers to itself without end")]
    [InlineData("""{"allOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}""", "itself without end")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}""", "without end")]
    [InlineData("""{"type":"array","items":{"$ref":"#"},"minItems":1}""", "without end")]
    [InlineData("""{"type":"integer","minimum":3,"maximum":2}""", "no number lies between the bounds")]
    [InlineData("""{"type":"integer","exclusiveMinimum":3,"exclusiveMaximum":4}""", "no number lies between")]
    [InlineData("""{"type":"integer","minimum":1,"maximum":6,"multipleOf":7}""", "no number of at most 16 digits")]
    [InlineData("""{"type":"string","minLength":3,"maxLength":2}""", "minLength is greater than maxLength")]
    [InlineData("""{"type":"string","pattern":"^a{5}$","maxLength":2}""", "no string satisfies")]
    [InlineData("""{"allOf":[{"pattern":"^a"},{"pattern":"^b"}],"type":"string"}""", "no string satisfies")]
    [InlineData("""{"type":"array","minItems":2,"maxItems":1}""", "minItems is greater")]
    [InlineData("""{"type":"array","items":false,"minItems":1}""", "false accepts nothing")]
    [InlineData("""{"allOf":[{"type":"string"},{"type":"integer"}]}""", "types contradict")]
    [InlineData("""{"type":"integer","enum":["a",1.5]}""", "none of the listed values")]
    [InlineData("""{"const":1,"enum":[2]}""", "none of the listed values")]
    [InlineData("""{"type":"object","properties":{},"required":["a"],"additionalProperties":false}""", "the required property 'a' is forbidden")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer","minimum":3,"maximum":2}},"required":["a"]}""", "at #/properties/a no number lies")]
    public void What_nothing_satisfies_is_refused(string schema, string reason)
    {
        var message = Constraints.Refusal(new ConstraintSource.JsonSchema(schema));
        Assert.Contains("no text satisfies the schema", message);
        Assert.Contains(reason, message);
    }

    [Fact]
    public void What_explodes_is_refused_in_bounded_time()
    {
        static string Many(int count, Func<int, string> one, string separator = ",") => string.Join(separator, Enumerable.Range(0, count).Select(one));
        string[] schemas =
        [
            """{"type":"string","maxLength":1000000}""",
            """{"type":"array","items":{"type":"null"},"maxItems":2000000000}""",
            """{"type":"array","items":{"type":"null"},"minItems":90000}""",
            """{"type":"string","pattern":"(a{1000}){1000}"}""",
            """{"type":"string","pattern":"(a|b)*a(a|b){20}","minLength":100,"maxLength":10000}""",
            $$"""{"allOf":[{{Many(12, static at => "{\"anyOf\":[{\"minimum\":" + at + "},{\"maximum\":" + at + "}]}")}}]}""",
            $$$"""{"$ref":"#/$defs/d30","$defs":{"d0":{"type":"null"},{{{Many(30, static at => $"\"d{at + 1}\":{{\"allOf\":[{{\"$ref\":\"#/$defs/d{at}\"}},{{\"$ref\":\"#/$defs/d{at}\"}}]}}")}}}}}""",
            $$$"""{"$ref":"#/$defs/d900","$defs":{"d0":{"type":"null"},{{{Many(900, static at => $"\"d{at + 1}\":{{\"$ref\":\"#/$defs/d{at}\"}}")}}}}}""",
            $$$"""{"$ref":"#/$defs/d12","$defs":{"d0":{"type":"null"},{{{Many(12, static at => $"\"d{at + 1}\":{{\"type\":\"array\",\"items\":{{\"$ref\":\"#/$defs/d{at}\"}},\"minItems\":10}}")}}}}}""",
            string.Concat(Enumerable.Repeat("""{"items":""", 200)) + "{}" + new string('}', 200),
            string.Concat(Enumerable.Repeat("""{"items":""", 5000)) + "{}" + new string('}', 5000),
            $$"""{"type":"string","enum":[{{Many(5000, static at => $"\"{at}{new string('x', 20)}\"")}}]}""",
        ];
        foreach (var schema in schemas)
        {
            var started = Stopwatch.StartNew();
            Assert.NotEmpty(Constraints.Refusal(new ConstraintSource.JsonSchema(schema), new ConstraintLimits()));
            Assert.True(started.Elapsed < TimeSpan.FromSeconds(20), $"{schema[..20]} took {started.Elapsed}");
        }
    }

    [Fact]
    public void Many_tagged_branches_are_told_apart()
    {
        var branches = string.Join(",", Enumerable.Range(0, 60).Select(static at => $$$$"""
            {"type":"object","properties":{"kind":{"const":"k{{{{at}}}}"},"part":{"$ref":"#"},"parts":{"type":"array","items":{"$ref":"#"}}},"required":["kind"]}
            """));
        var constraint = Constraints.Schema($$"""{"oneOf":[{{branches}}]}""");
        Assert.True(constraint.Accepts("""{"kind":"k7","parts":[{"kind":"k59","part":{"kind":"k0"}}]}"""));
        Assert.False(constraint.Accepts("""{"kind":"k60"}"""));
    }

    [Theory]
    [InlineData("""{"oneOf":[{"type":"array","minItems":3},{"type":"array","maxItems":2}]}""", true)]
    [InlineData("""{"oneOf":[{"type":"array","minItems":2},{"type":"array","maxItems":2}]}""", false)]
    [InlineData("""{"oneOf":[{"type":"array","items":{"type":"string"}},{"type":"array","items":{"type":"null"}}]}""", false)]
    [InlineData("""{"oneOf":[{"type":"array","items":{"type":"string"},"minItems":1},{"type":"array","items":{"type":"null"}}]}""", true)]
    [InlineData("""{"oneOf":[{"type":"object","properties":{"a":{"const":1}}},{"type":"object","properties":{"a":{"const":2}}}]}""", false)]
    [InlineData("""{"oneOf":[{"type":"object","properties":{"a":{"const":1}},"required":["a"]},{"type":"object","properties":{"b":{}},"additionalProperties":false}]}""", true)]
    public void Branches_are_told_apart_by_what_they_demand(string schema, bool apart)
    {
        if (apart)
        {
            Constraints.Schema(schema);
        }
        else
        {
            Assert.Contains("may both hold", Constraints.Refusal(new ConstraintSource.JsonSchema(schema)));
        }
    }

    [Fact]
    public void Cancellation_ends_compilation()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => ConstraintCompiler.Compile(new ConstraintSource.JsonObject(), TestVocabulary.Bytes, new ConstraintLimits(), cancelled.Token));
    }

    [Fact]
    public void Texts_nest_as_deeply_as_readers_take()
    {
        var constraint = Constraints.Schema("""{"type":"array","items":{"$ref":"#"}}""");
        Assert.True(constraint.Accepts(new string('[', 64) + new string(']', 64)));
        Assert.False(constraint.Accepts(new string('[', 65) + new string(']', 65)));
        var demanding = Constraints.Schema("""{"anyOf":[{"const":0},{"type":"array","items":{"$ref":"#"},"minItems":1}]}""");
        Assert.True(demanding.Accepts(new string('[', 63) + "0" + new string(']', 63)));
        Assert.Null(demanding.After(new string('[', 64)));
    }

    [Fact]
    public void Ambiguity_does_not_multiply()
    {
        // Each bracket could be of either branch: 2 to the 60th ways to read it.
        var constraint = Constraints.Schema("""{"anyOf":[{"type":"array","items":{"$ref":"#"},"maxItems":5},{"type":"array","items":{"$ref":"#"},"maxItems":6},{"type":"null"}]}""");
        var started = Stopwatch.StartNew();
        Assert.True(constraint.Accepts(new string('[', 60) + "null,null" + new string(']', 60)));
        Assert.True(started.Elapsed < TimeSpan.FromSeconds(20));
    }
}

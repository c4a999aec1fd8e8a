using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace GenAiLab.Constraints.Tests;

/// <summary>Random schemas against an independent validator, in both directions.</summary>
public sealed class RandomSchemaTests
{
    private const int Schemas = 1200;
    private static readonly EvaluationOptions Options = new() { OutputFormat = OutputFormat.Flag, RequireFormatValidation = true };

    [Fact]
    public void Whatever_a_random_model_generates_is_valid()
    {
        var random = new Random(20);
        var (compiled, ended, fitted, cut) = (0, 0, 0, 0);
        for (var round = 0; compiled < Schemas; round++)
        {
            Assert.True(round < Schemas * 3 / 2, $"{compiled} of {round} schemas compiled");
            var text = new RandomSchema(random).Next().ToJsonString();
            if (TryCompile(text) is not { } constraint)
            {
                continue;
            }

            compiled++;
            var schema = Validator(text);

            // As few tokens as the bound says, twice as many, and plenty.
            foreach (var maximum in new[] { Math.Max(1, constraint.Start.TokensToEnd), (2 * constraint.Start.TokensToEnd) + 2, 100 })
            {
                var generation = RandomModel.Generate(constraint, maximum, random);
                if (maximum >= constraint.Start.TokensToEnd)
                {
                    fitted++;
                    Assert.True(generation.IsSatisfied, $"{text}\nin {maximum} tokens: {generation}");
                    AssertValid(schema, text, generation);
                    ended += generation.Ended ? 1 : 0;
                }
                else
                {
                    cut++;
                }
            }
        }

        Assert.True(fitted > Schemas * 2 && ended > Schemas / 3, $"{fitted} fitted, {ended} ended by themselves, {cut} had too few tokens");
    }

    [Fact]
    public void Whatever_is_valid_and_of_the_documented_form_is_accepted()
    {
        var random = new Random(21);
        var documents = 0;
        for (var round = 0; round < Schemas / 2; round++)
        {
            var text = new RandomSchema(random).Next().ToJsonString();
            if (TryCompile(text) is not { } constraint)
            {
                continue;
            }

            var validator = Validator(text);
            for (var round2 = 0; round2 < 4; round2++)
            {
                if (new RandomDocument(JsonNode.Parse(text)!.AsObject(), random).Next() is not { } document)
                {
                    continue;
                }

                documents++;
                Assert.True(IsValid(validator, document), $"{text}\nshould allow {document}");
                var state = constraint.Start;
                foreach (var token in TestVocabulary.Lab.Encode(Encoding.UTF8.GetBytes(document)))
                {
                    Assert.True((state.Allowed(100_000).Span[token >> 3] & (1 << (token & 7))) != 0, $"{text}\ndoes not allow token {token} in {document}");
                    state = state.Advance(token);
                }

                Assert.True(state.IsSatisfied, $"{text}\nis not satisfied by {document}");
            }
        }

        Assert.True(documents > Schemas, $"{documents}");
    }

    [Fact]
    public void Any_object_is_an_object()
    {
        var random = new Random(22);
        var constraint = Constraints.Compile(new ConstraintSource.JsonObject(), TestVocabulary.Cl100k);
        for (var round = 0; round < 20; round++)
        {
            var generation = RandomModel.Generate(constraint, 60, random);
            Assert.True(generation.IsSatisfied);
            using var document = JsonDocument.Parse(generation.Text);
            Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        }
    }

    [Fact]
    public void Random_bytes_and_broken_schemas_are_compiled_or_refused()
    {
        var random = new Random(23);
        for (var round = 0; round < 700; round++)
        {
            var text = new StringBuilder(new RandomSchema(random).Next().ToJsonString());
            for (var changes = random.Next(1, 4); changes > 0 && text.Length > 0; changes--)
            {
                var at = random.Next(text.Length);
                switch (random.Next(4))
                {
                    case 0:
                        text[at] = (char)random.Next(32, 127);
                        break;
                    case 1:
                        text.Remove(at, Math.Min(random.Next(1, 9), text.Length - at));
                        break;
                    case 2:
                        text.Insert(at, text.ToString(random.Next(text.Length), 1));
                        break;
                    default:
                        text.Replace(random.Next(10).ToString(), $"{random.Next(-5, 300)}");
                        break;
                }
            }

            TryCompile(text.ToString());
        }
    }

    [Fact]
    public void Keywords_with_values_of_any_type_are_compiled_or_refused()
    {
        string[] keywords =
        [
            "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "multipleOf", "minLength", "maxLength", "pattern", "format", "properties", "required", "additionalProperties",
            "prefixItems", "items", "minItems", "maxItems", "$ref", "allOf", "anyOf", "oneOf", "$defs", "title", "default", "unknown",
        ];
        string[] values = ["null", "true", "false", "0", "-1", "2.5", "1e300", "\"\"", "\"string\"", "\"#\"", "\"#/x\"", "[]", "[{}]", "[1]", "[\"a\"]", "{}", "{\"a\":{}}", "{\"a\":1}", "[[]]", "[false,true]"];
        foreach (var first in keywords)
        {
            foreach (var value in values)
            {
                TryCompile($"{{\"{first}\":{value}}}");
                TryCompile($"{{\"items\":{{\"{first}\":{value}}},\"minItems\":1}}");
            }
        }
    }

    private static TokenConstraint? TryCompile(string schema)
    {
        try
        {
            return Constraints.Schema(schema, TestVocabulary.Lab);
        }
        catch (ConstraintException)
        {
            return null;
        }
    }

    // A discriminator is no keyword of JSON Schema.
    private static JsonSchema Validator(string text) =>
        JsonSchema.FromText(text.Replace(",\"discriminator\":{\"propertyName\":\"kind\"}", "", StringComparison.Ordinal));

    private static void AssertValid(JsonSchema schema, string text, Generation generation)
    {
        var json = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(generation.Text);
        Assert.True(IsValid(schema, json), $"{text}\nis not satisfied by {json}");
    }

    private static bool IsValid(JsonSchema schema, string json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 64 });
        return schema.Evaluate(document.RootElement, Options).IsValid;
    }
}

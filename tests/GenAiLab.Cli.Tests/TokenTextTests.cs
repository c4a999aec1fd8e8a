using GenAiLab.Cli.Printing;
using Google.Protobuf;

namespace GenAiLab.Cli.Tests;

/// <summary>What a token looks like on a terminal.</summary>
public sealed class TokenTextTests
{
    [Theory]
    [InlineData(new byte[] { 32, 80, 97, 114, 105, 115 }, "\" Paris\"")]
    [InlineData(new byte[] { 10, 9, 34, 92 }, "\"\\n\\t\\\"\\\\\"")]
    [InlineData(new byte[] { 0xE3, 0x81 }, "\"\\xE3\\x81\"")]
    [InlineData(new byte[] { 0x1B, 91, 50, 74 }, "\"\\u001B[2J\"")]
    [InlineData(new byte[] { 0xE3, 0x81, 0x93 }, "\"\u3053\"")]
    public void Control_characters_and_broken_utf8_are_spelled_out(byte[] piece, string expected) =>
        Assert.Equal(expected, TokenText.Quote(ByteString.CopyFrom(piece)));
}

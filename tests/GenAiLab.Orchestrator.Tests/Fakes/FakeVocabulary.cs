using System.Text;
using Google.Protobuf;

namespace GenAiLab.Orchestrator.Tests.Fakes;

/// <summary>Id 0 is the end of sequence, 1 to 256 the bytes, then a few longer pieces.</summary>
internal static class FakeVocabulary
{
    public const string Name = "fake";

    /// <summary>The same vocabulary without a chat template.</summary>
    public const string PlainName = "fake-plain";

    public const int EndOfSequence = 0;

    private static readonly string[] Words = ["Hello", " world", "END", "EN", "D.", " Paris", ".", "x", "<tool_call>", "</tool_call>"];

    public static string Sha256 { get; } = new('a', 64);

    public static ByteString[] Pieces { get; } =
    [
        ByteString.CopyFromUtf8("<|endoftext|>"),
        .. Enumerable.Range(0, 256).Select(static value => ByteString.CopyFrom((byte)value)),
        .. Words.Select(ByteString.CopyFromUtf8),
    ];

    public static int Size => Pieces.Length;

    public static V1.VocabularyIdentity Identity => new() { Name = Name, Sha256 = Sha256, Size = Size };

    /// <summary>The id of a word of the vocabulary, or of a single byte.</summary>
    public static int Id(string word) => Array.IndexOf(Words, word) is >= 0 and var index ? 257 + index : Id(Encoding.UTF8.GetBytes(word).Single());

    public static int Id(byte value) => 1 + value;

    public static int[] Bytes(string text) => [.. Encoding.UTF8.GetBytes(text).Select(Id)];
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Benchmarks.Tokenizers;
using GenAiLab.Models.Folders;

namespace GenAiLab.Cli.Benchmarks;

/// <summary>One vocabulary on one text, in megabytes of UTF-8 per second, a value for each round.</summary>
/// <param name="Vocabulary">Its name.</param>
/// <param name="Text">What was encoded.</param>
/// <param name="Own">In this process.</param>
/// <param name="Grpc">By a call over a socket.</param>
/// <param name="Peer">What it is compared with.</param>
/// <param name="Other">The peer's.</param>
/// <param name="PeerBytes">How much of the text the peer was given.</param>
/// <param name="Same">Whether both gave the same ids for that.</param>
internal sealed record TokenizerRow(
    string Vocabulary, TokenizerText Text, IReadOnlyList<double> Own, IReadOnlyList<double> Grpc, string Peer, IReadOnlyList<double> Other, int PeerBytes, bool Same)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Vocabulary,-12} {Text.Name,-14} {Statistics.Median(Own),7:0.0} MB/s in process {Statistics.Median(Grpc),7:0.0} by gRPC {Statistics.Median(Other),7:0.00} {Peer}{(PeerBytes < Text.Bytes ? $" on {PeerBytes / 1024} KiB" : "")}   ratio {Statistics.Median(Own) / Statistics.Median(Other):0.0}   {(Same ? "same ids" : "OTHER IDS")}");
}

/// <summary>Whether time grows with the text as it should.</summary>
/// <param name="Vocabulary">Its name.</param>
/// <param name="Unit">What the text repeats.</param>
/// <param name="Milliseconds">For a quarter, a half and a whole megabyte.</param>
internal sealed record LinearityRow(string Vocabulary, string Unit, IReadOnlyList<double> Milliseconds)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Vocabulary,-12} {Unit,-14} {Milliseconds[0],7:0.0} ms for 1/4 MB {Milliseconds[1],7:0.0} for 1/2 {Milliseconds[2],7:0.0} for 1   four times the text takes {Milliseconds[2] / Milliseconds[0]:0.0} times as long");
}

/// <summary>
/// Encoding beside npm tiktoken and @huggingface/tokenizers, in turn in every round, one thread each. Where a peer needs
/// quadratic time it is given 16 KiB of the text, which favours it.
/// </summary>
internal static class TokenizerBenchmark
{
    private const int Warmups = 2;
    private static readonly (string Name, string Unit)[] Repeated = [("one letter", "a"), ("spaces", " "), ("a letter, a space", "a "), ("line breaks", "\n"), ("digits", "7"), ("emoji", "\U0001F600")];

    /// <summary>Runs it.</summary>
    /// <param name="vocabularies">Their names.</param>
    /// <param name="models">The folder of model folders.</param>
    /// <param name="work">Where peers are kept.</param>
    /// <param name="rounds">At least 1; others warm up.</param>
    /// <param name="progress">Is told each result.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="IOException">A peer cannot be had, or a vocabulary.</exception>
    public static async Task RunAsync(IReadOnlyList<string> vocabularies, string models, string work, int rounds, Action<object> progress, CancellationToken cancellation)
    {
        var peers = await TokenizerPeer.InstallAsync(work, cancellation);
        var texts = TokenizerTexts.Create();
        var opened = vocabularies.Select(name => MeasuredVocabulary.Open(name, peers, models)).ToList();
        var served = Directory.CreateTempSubdirectory("lab-");
        try
        {
            foreach (var vocabulary in opened.Where(static vocabulary => vocabulary.Folder is not null))
            {
                var folder = served.CreateSubdirectory(vocabulary.Name).FullName;
                foreach (var file in (string[])["tokenizer.json", "tokenizer_config.json"])
                {
                    File.Copy(Path.Combine(vocabulary.Folder!, file), Path.Combine(folder, file));
                }
            }

            await using var service = await TokenizerOverGrpc.StartAsync(served.FullName, cancellation);
            foreach (var vocabulary in opened)
            {
                await using var peer = await vocabulary.StartPeerAsync(peers, cancellation);
                foreach (var text in texts)
                {
                    progress(await CompareAsync(vocabulary, service, peer, text, rounds, cancellation));
                }
            }

            foreach (var vocabulary in opened)
            {
                foreach (var (name, unit) in Repeated)
                {
                    progress(Linearity(vocabulary, name, unit, rounds, cancellation));
                }
            }
        }
        finally
        {
            served.Delete(recursive: true);
        }
    }

    private static async Task<TokenizerRow> CompareAsync(
        MeasuredVocabulary vocabulary, TokenizerOverGrpc service, TokenizerPeer peer, TokenizerText text, int rounds, CancellationToken cancellation)
    {
        List<double> own = [], grpc = [], other = [];
        var (peerText, same) = (text.PeerText, false);
        var peerBytes = Encoding.UTF8.GetByteCount(peerText);
        for (var round = -Warmups; round < rounds; round++)
        {
            var (seconds, called) = (Time(vocabulary, text.Text, cancellation), await service.EncodeAsync(vocabulary.Name, text.Text, cancellation));
            var answer = await peer.EncodeAsync(peerText, cancellation);

            // The first rounds warm up, and show that both cut alike.
            if (round < 0)
            {
                same = vocabulary.Encode(peerText, cancellation).SequenceEqual(answer.Ids);
                continue;
            }

            own.Add(text.Bytes / 1e6 / seconds);
            grpc.Add(text.Bytes / 1e6 / called);
            other.Add(peerBytes / 1e6 / answer.Seconds);
        }

        return new TokenizerRow(vocabulary.Name, text, own, grpc, peer.Name, other, peerBytes, same);
    }

    private static LinearityRow Linearity(MeasuredVocabulary vocabulary, string name, string unit, int rounds, CancellationToken cancellation)
    {
        List<double> milliseconds = [];
        foreach (var bytes in (int[])[1 << 18, 1 << 19, 1 << 20])
        {
            var text = string.Concat(Enumerable.Repeat(unit, bytes / Encoding.UTF8.GetByteCount(unit)));
            milliseconds.Add(1e3 * Statistics.Median(Enumerable.Range(0, rounds + Warmups).Select(_ => Time(vocabulary, text, cancellation)).Skip(Warmups)));
        }

        return new LinearityRow(vocabulary.Name, name, milliseconds);
    }

    private static double Time(MeasuredVocabulary vocabulary, string text, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        vocabulary.Encode(text, cancellation);
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}

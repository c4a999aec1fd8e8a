using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization;

namespace GenAiLab.Models.Tests.Fuzz;

/// <summary>
/// A tokenizer.json from anywhere is refused with a reason or works: no other exception, nothing that runs for long or
/// takes much memory. It is parsed from bytes, so it can name no file that would be read. Twelve thousand damaged files;
/// with <c>GENAILAB_SOAK=1</c> two hundred thousand.
/// </summary>
[Trait("Soak", "Fuzz")]
public sealed partial class TokenizerFuzzTests
{
    private const int ShortRun = 12_000;
    private const int LongRun = 200_000;

    // The test adapter takes a process for crashed that ends within a moment of its first word in a minute.
    private const int FilesToALine = 20_000;
    private const long AllowedBytes = 512L * 1024 * 1024;
    private static readonly TimeSpan Allowed = TimeSpan.FromSeconds(10);

    private static readonly string[] Texts =
    [
        "", "the cat sat on the mat", " The  Cat,  éß東 \0\ufeff\ud800<s></s>[CLS]<|end|>12'sx", new string('a', 5_000), new string(' ', 5_000) + "b", string.Concat(Enumerable.Repeat("ab\u0301 ", 1_000)),
    ];

    private static bool IsLong => Environment.GetEnvironmentVariable("GENAILAB_SOAK") == "1";

    [Fact]
    public async Task A_damaged_file_is_refused_with_a_reason_or_works()
    {
        var (seed, mutations) = IsLong ? (2, LongRun) : (1, ShortRun);
        foreach (var (name, file) in SmallTokenizers.All)
        {
            Use(TextTokenizer.Parse(Encoding.UTF8.GetBytes(file.ToJsonString())));
        }

        var watch = new Watch();
        var outcome = Task.Factory.StartNew(() => Loop(seed, mutations, watch), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        while (!outcome.IsCompleted)
        {
            await Task.WhenAny(outcome, Task.Delay(TimeSpan.FromMilliseconds(500), TestContext.Current.CancellationToken));
            Assert.True(outcome.IsCompleted || watch.Elapsed < Allowed, $"{watch.Case} still runs after {Allowed.TotalSeconds} s");
        }

        var (loaded, refusals) = await outcome;
        // Neither everything refused nor everything taken: then the mutations would try nothing.
        Assert.InRange(loaded, mutations / 20, mutations * 19 / 20);
        Assert.True(refusals.Count > 15, string.Join('\n', refusals));
        TestContext.Current.TestOutputHelper?.WriteLine($"{mutations} files: {loaded} work, {mutations - loaded} are refused for {refusals.Count} reasons; slowest {watch.Slowest.TotalMilliseconds:F0} ms ({watch.SlowestCase}), largest {watch.Largest / 1048576.0:F1} MiB ({watch.LargestCase})");
    }

    private static (int Loaded, HashSet<string> Refusals) Loop(int seed, int mutations, Watch watch)
    {
        var loaded = 0;
        var refusals = new HashSet<string>();
        for (var index = 0; index < mutations; index++)
        {
            if (index % FilesToALine == 0)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"from mutation {index} on");
            }

            var (name, file) = SmallTokenizers.All[index % SmallTokenizers.All.Count];
            var bytes = JsonMutation.Apply(file, new Random((seed * 1_000_003) + index));
            watch.Begin($"seed {seed}, mutation {index} of {name}");
            try
            {
                Use(TextTokenizer.Parse(bytes), watch.Case);
                loaded++;
            }
            catch (ModelFolderException refusal)
            {
                AssertUseful(refusal.Message, watch.Case);
                refusals.Add(Variable().Replace(refusal.Message, "…"));
            }
            catch (Exception error)
            {
                Assert.Fail($"{watch.Case}: {error}\n{Encoding.UTF8.GetString(bytes)[..Math.Min(bytes.Length, 3_000)]}");
            }

            var spent = watch.End();
            Assert.True(spent < AllowedBytes, $"{watch.Case} allocated {spent:N0} bytes");
        }

        return (loaded, refusals);
    }

    private static void Use(TextTokenizer tokenizer, string what = "a sound file")
    {
        foreach (var text in Texts)
        {
            try
            {
                var ids = tokenizer.Encode(text, addSpecialTokens: true, parseSpecialTokens: true).Select(static span => span.Id).ToList();
                tokenizer.Decode(ids, skipSpecialTokens: false);
                tokenizer.Encode(text, addSpecialTokens: false, parseSpecialTokens: false);
            }
            catch (TokenizationException refusal)
            {
                // A vocabulary may lack what a text needs; that is the text's end, with a reason.
                Assert.False(refusal.Message.Length < 20 || Internal().IsMatch(refusal.Message), $"{what}: '{refusal.Message}'");
            }
        }
    }

    private static void AssertUseful(string message, string what)
    {
        Assert.True(message.StartsWith("tokenizer.json: ", StringComparison.Ordinal) && message.Length is > 24 and < 400, $"{what}: '{message}'");
        Assert.False(Internal().IsMatch(message), $"{what}: '{message}'");
    }

    // What would show our insides: types, parameters, paths, stack traces.
    [GeneratedRegex(@"System\.|GenAiLab\.|Exception|Int32|JsonElement|Parameter '|\bat [A-Z]\w+\.|/tmp/|/home/|LineNumber|BytePosition")]
    private static partial Regex Internal();

    [GeneratedRegex(@"'[^']*'|\d+|\s+")]
    private static partial Regex Variable();

    /// <summary>What one case takes; read by the thread that waits.</summary>
    private sealed class Watch
    {
        private long _begun = Stopwatch.GetTimestamp();
        private long _bytes;

        public string Case { get; private set; } = "";

        public TimeSpan Slowest { get; private set; }

        public string SlowestCase { get; private set; } = "";

        public long Largest { get; private set; }

        public string LargestCase { get; private set; } = "";

        public TimeSpan Elapsed => Stopwatch.GetElapsedTime(Volatile.Read(ref _begun));

        public void Begin(string what)
        {
            Case = what;
            _bytes = GC.GetAllocatedBytesForCurrentThread();
            Volatile.Write(ref _begun, Stopwatch.GetTimestamp());
        }

        public long End()
        {
            var spent = GC.GetAllocatedBytesForCurrentThread() - _bytes;
            (Slowest, SlowestCase) = Elapsed > Slowest ? (Elapsed, Case) : (Slowest, SlowestCase);
            (Largest, LargestCase) = spent > Largest ? (spent, Case) : (Largest, LargestCase);
            return spent;
        }
    }
}

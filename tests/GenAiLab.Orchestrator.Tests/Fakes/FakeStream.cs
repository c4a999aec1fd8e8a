using System.Collections.Concurrent;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Fakes;

/// <summary>A step stream's tokens: they are appended, forgotten and forked, by the contract's rules.</summary>
internal sealed class FakeStream : IDisposable
{
    private readonly ConcurrentDictionary<string, FakeStream> _all;
    private readonly int[] _prompt;
    private readonly List<int> _generated = [];

    public FakeStream(StepOpen open, ConcurrentDictionary<string, FakeStream> all)
    {
        _all = all;
        _prompt = [.. open.Fork is { } fork ? Parent(fork).Take(fork.Length) : [], .. open.Prompt?.Ids ?? []];
        Assert.NotEmpty(_prompt);
        all[Id] = this;
    }

    public string Id { get; } = Guid.NewGuid().ToString("N");

    public IReadOnlyList<int> Generated => _generated;

    public int Length => _prompt.Length + _generated.Count;

    public void Append(StepAppend append)
    {
        Assert.InRange(append.TokenIds.Count, 1, 64);
        lock (_generated)
        {
            if (append.HasRewindTo)
            {
                // No test goes back into a prompt.
                Assert.InRange(append.RewindTo, _prompt.Length, Length);
                _generated.RemoveRange(append.RewindTo - _prompt.Length, Length - append.RewindTo);
            }

            _generated.AddRange(append.TokenIds);
        }

        Assert.InRange(Length, 1, FakeDecoder.ContextLength);
    }

    /// <summary>The distribution after all tokens but the last <paramref name="back"/>.</summary>
    public float[] Logits(Model model, int back) => model(_prompt, [.. _generated.Take(_generated.Count - back)]);

    public void Dispose() => _all.TryRemove(Id, out _);

    private int[] Take(int length)
    {
        lock (_generated)
        {
            Assert.InRange(length, 1, Length);
            return [.. _prompt.Concat(_generated).Take(length)];
        }
    }

    private FakeStream Parent(ForkPoint fork) =>
        _all.TryGetValue(fork.SessionId, out var parent) ? parent : throw new RpcException(new Status(StatusCode.NotFound, "the stream has ended"));
}

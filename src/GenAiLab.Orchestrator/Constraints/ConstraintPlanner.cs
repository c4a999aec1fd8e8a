using GenAiLab.Constraints;
using GenAiLab.Orchestrator.Vocabulary;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Constraints;

/// <summary>
/// Compiles a request's constraint for the model's vocabulary, beside the loop and not in it. Both the compiled ones
/// and the vocabularies' tries are kept, within bounds. Thread-safe.
/// </summary>
internal sealed class ConstraintPlanner : IDisposable
{
    private const int MaximumConstraints = 64;
    private const long MaximumBytes = 256L << 20;
    private const int MaximumVocabularies = 4;

    private readonly ConstraintCache _cache = new(MaximumConstraints, MaximumBytes, new ConstraintLimits());
    private readonly Lock _lock = new();
    private readonly LinkedList<(string Key, Lazy<ConstraintVocabulary> Vocabulary)> _vocabularies = [];

    /// <summary>The constraint over tokens; null where the request has none.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: it cannot be satisfied, is not supported or too large.</exception>
    public async Task<TokenConstraint?> CompileAsync(Constraint? constraint, PieceTable pieces, DecoderDescription model, CancellationToken cancellation)
    {
        if (constraint is null)
        {
            return null;
        }

        var (source, field) = Source(constraint);
        try
        {
            // A trie of a large vocabulary takes a moment; no call of others waits on this thread for it.
            var vocabulary = await Task.Run(() => VocabularyOf(pieces, model), cancellation);
            return await _cache.GetAsync(source, vocabulary, cancellation);
        }
        catch (ConstraintException error)
        {
            throw RpcErrors.InvalidArgument(field, error.Message);
        }
    }

    public void Dispose() => _cache.Dispose();

    private static (ConstraintSource Source, string Field) Source(Constraint constraint) => constraint.KindCase switch
    {
        Constraint.KindOneofCase.JsonSchema => (new ConstraintSource.JsonSchema(constraint.JsonSchema), "constraint.json_schema"),
        Constraint.KindOneofCase.Regex => (new ConstraintSource.Regex(constraint.Regex), "constraint.regex"),
        Constraint.KindOneofCase.Choices => (new ConstraintSource.Choices([.. constraint.Choices.Texts]), "constraint.choices.texts"),
        Constraint.KindOneofCase.JsonObject => (new ConstraintSource.JsonObject(), "constraint.json_object"),
        _ => throw RpcErrors.InvalidArgument("constraint", "is empty: set json_schema, regex, choices or json_object"),
    };

    // The same vocabulary may serve models with other ends, or more rows than it has tokens.
    private ConstraintVocabulary VocabularyOf(PieceTable pieces, DecoderDescription model)
    {
        var key = $"{pieces.Identity.Sha256} {model.VocabularySize} {string.Join(',', model.EndOfSequenceIds)}";
        Lazy<ConstraintVocabulary>? found = null;
        lock (_lock)
        {
            for (var node = _vocabularies.First; node is not null && found is null; node = node.Next)
            {
                if (node.Value.Key == key)
                {
                    found = node.Value.Vocabulary;
                    _vocabularies.Remove(node);
                }
            }

            found ??= new Lazy<ConstraintVocabulary>(() => Build(pieces, model));
            _vocabularies.AddFirst((key, found));
            if (_vocabularies.Count > MaximumVocabularies)
            {
                _vocabularies.RemoveLast();
            }
        }

        return found.Value;
    }

    private static ConstraintVocabulary Build(PieceTable pieces, DecoderDescription model)
    {
        var ids = Enumerable.Range(0, model.VocabularySize);
        return new ConstraintVocabulary(
            [.. ids.Select(id => pieces[id].Memory)], [.. ids.Where(pieces.IsSpecial)], model.EndOfSequenceIds);
    }
}

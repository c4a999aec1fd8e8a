using GenAiLab.Experiments.Calls;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;

namespace GenAiLab.Experiments.Opposites;

/// <summary>A classifier and a generator of the lab under test, by its services.</summary>
/// <param name="lab">The services.</param>
/// <param name="modality">Of both.</param>
/// <param name="classifier">Name of the discriminative model.</param>
/// <param name="generator">Name of the generative model, and of its vocabulary.</param>
internal sealed class ServedDirections<T>(IExperimentLab lab, IModality<T> modality, string classifier, string generator) : IDirections<T>, ILikelihood<T>
{
    private MediaCodec? _codec;

    /// <summary>Ends the experiment where a model is missing.</summary>
    /// <exception cref="ExperimentException">The message names it.</exception>
    public async Task RequireAsync(CancellationToken cancellation)
    {
        await lab.RequireAsync(generator, cancellation);
        var classifiers = await lab.Classifier.ListClassifiersAsync(new ListClassifiersRequest(), CallLimit.Options(cancellation));
        if (!classifiers.Classifiers.Any(model => model.Name == classifier && model.State == ModelState.Ready))
        {
            throw new ExperimentException($"the classifier '{classifier}' is not served here; its folder belongs beside the other models, and lab train makes it");
        }
    }

    public async Task<int> ClassifyAsync(T medium, CancellationToken cancellation)
    {
        var request = modality.Question(medium);
        (request.Model, request.Top) = (classifier, 1);
        var response = await lab.Classifier.ClassifyAsync(request, CallLimit.Options(cancellation));
        return Array.IndexOf([.. modality.Labels], response.Labels[0].Label);
    }

    public async Task<T> GenerateAsync(Prompt prompt, ulong seed, CancellationToken cancellation)
    {
        // Everything else is the model's own default.
        var request = new GenerateRequest
        {
            Model = generator,
            Text = prompt.Text,
            MediaOutput = new MediaOutput(),
            Sampling = new SamplingProgram { Seed = seed },
            Mode = LoopMode.Pushdown,
        };
        using var call = lab.Orchestrator.Generate(request, CallLimit.Options(cancellation));
        ByteString? made = null;
        await foreach (var response in call.ResponseStream.ReadAllAsync(cancellation))
        {
            made = response.EventCase == GenerateResponse.EventOneofCase.Media ? response.Media.Content : made;
        }

        return modality.Read((made ?? throw new ExperimentException($"'{generator}' made nothing of '{prompt.Text}'")).Span);
    }

    public async Task<T> RecodeAsync(T medium, CancellationToken cancellation)
    {
        var encoded = await EncodeAsync(medium, special: false, cancellation);
        var decoded = await lab.Tokenizer.DecodeMediaAsync(new DecodeMediaRequest { Vocabulary = generator, Tokens = encoded }, CallLimit.Options(cancellation));
        return modality.Read(decoded.Media.Span);
    }

    public async Task<int[]> CodesAsync(T medium, CancellationToken cancellation)
    {
        var (codec, encoded) = (await CodecAsync(cancellation), await EncodeAsync(medium, special: false, cancellation));
        return [.. encoded.Ids.Select(id => id - codec.FirstCodeId)];
    }

    public async Task<int> CountCodesAsync(CancellationToken cancellation) => (await CodecAsync(cancellation)).CodeCount;

    public async Task<(double LogProbability, int Tokens)> ScoreAsync(T medium, string prompt, CancellationToken cancellation)
    {
        var context = await lab.EncodeAsync(generator, prompt, special: true, cancellation);
        var codes = (await EncodeAsync(medium, special: true, cancellation)).Ids;
        var scored = await lab.ScoreAsync(generator, [.. context, .. codes], alternatives: 0, cancellation);
        // The token that begins the codes stands in the prompt of every generation.
        var ours = scored.TakeLast(codes.Count - 1).ToList();
        return (ours.Sum(static token => (double)token.RawLogProbability), ours.Count);
    }

    private async Task<TokenIds> EncodeAsync(T medium, bool special, CancellationToken cancellation) => (await lab.Tokenizer.EncodeMediaAsync(
        new EncodeMediaRequest { Vocabulary = generator, Media = UnsafeByteOperations.UnsafeWrap(modality.Write(medium)), AddSpecialTokens = special },
        CallLimit.Options(cancellation))).Tokens;

    private async Task<MediaCodec> CodecAsync(CancellationToken cancellation) => _codec ??=
        (await lab.Tokenizer.DescribeVocabularyAsync(new DescribeVocabularyRequest { Vocabulary = generator }, CallLimit.Options(cancellation))).Codec
        ?? throw new ExperimentException($"the vocabulary '{generator}' has no codec");
}

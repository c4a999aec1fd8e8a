using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Cli.Soak.Requests;

/// <summary>Pictures, sounds and films that are made, heard and turned into codes and back.</summary>
internal static class MediaRequests
{
    private static readonly string[] Drawn = ["a black cat on grass", "a red house", "a yellow sun"];
    private static readonly string[] Spoken = ["seven black cats", "one", "two red cars"];
    private static readonly string[] Filmed = ["a cat walks to the left", "a ball, bouncing", "a car, to the right"];

    public static readonly IReadOnlyList<SoakKind> Kinds =
    [
        Make("draw", "lab-draw", Drawn),
        Make("speak", "lab-speak", Spoken),
        Make("film", "lab-film", Filmed),
        new SoakKind("listen", 1, ListenAsync) { Models = ["lab-listen"] },
        Codec("codes of a picture", "lab-draw", SampleMedia.Picture),
        Codec("codes of a sound", "lab-speak", SampleMedia.Sound),
        Codec("codes of a film", "lab-film", SampleMedia.Film),
    ];

    private static SoakKind Make(string name, string model, string[] prompts) => new(
        name, 1, async (lab, variant, cancellation) =>
        {
            var request = new GenerateRequest
            {
                Model = model,
                Text = prompts[variant],
                MediaOutput = new MediaOutput { PreviewInterval = 64 },
                Sampling = new SamplingProgram { Seed = (ulong)variant + 1 },
            };
            using var call = lab.Orchestrator.Generate(request, cancellationToken: cancellation);
            return await GenerationRequests.TokensAsync(call.ResponseStream, cancellation);
        })
    {
        Models = [model],
    };

    private static async Task<string> ListenAsync(SoakLab lab, int variant, CancellationToken cancellation)
    {
        var request = new GenerateRequest { Model = "lab-listen", Media = SampleMedia.Sound(variant), MaxTokens = 16, Sampling = new SamplingProgram { Temperature = 0 } };
        using var call = lab.Orchestrator.Generate(request, cancellationToken: cancellation);
        return await GenerationRequests.TokensAsync(call.ResponseStream, cancellation);
    }

    private static SoakKind Codec(string name, string vocabulary, Func<int, ByteString> sample) => new(
        name, 1, async (lab, variant, cancellation) =>
        {
            var encoded = await lab.Tokenizer.EncodeMediaAsync(new EncodeMediaRequest { Vocabulary = vocabulary, Media = sample(variant) }, cancellationToken: cancellation);
            var decoded = await lab.Tokenizer.DecodeMediaAsync(new DecodeMediaRequest { Vocabulary = vocabulary, Tokens = encoded.Tokens }, cancellationToken: cancellation);
            return $"{string.Join(' ', encoded.Tokens.Ids)} {decoded.Media.Length}";
        })
    {
        Models = [vocabulary],
    };
}

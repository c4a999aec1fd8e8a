using GenAiLab.Media;
using GenAiLab.Media.Pictures;
using GenAiLab.Training.Pictures;
using GenAiLab.Training.Pictures.Painting;
using GenAiLab.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;

namespace GenAiLab.Tokenizer.Tests;

/// <summary>Pictures as tokens of a folder's vocabulary.</summary>
public sealed class MediaTests(MediaTests.PictureHost fixture) : IClassFixture<MediaTests.PictureHost>
{
    private V1.Tokenizer.TokenizerClient Client => fixture.Host.Client;

    [Fact]
    public async Task A_picture_is_cut_into_tokens_and_made_of_them_again()
    {
        var encoded = await Client.EncodeMediaAsync(new EncodeMediaRequest { Vocabulary = "draw", Media = fixture.Png, AddSpecialTokens = true }, Options());
        var codec = (await Client.DescribeVocabularyAsync(new DescribeVocabularyRequest { Vocabulary = "draw" }, Options())).Codec;
        Assert.Equal((V1.MediaKind.Picture, "image/png", 256, 256, false), (codec.Kind, codec.ContentType, codec.MinimumLength, codec.MaximumLength, codec.HasEndId));
        Assert.Equal(codec.BeginId, encoded.Tokens.Ids[0]);
        Assert.All(encoded.Tokens.Ids.Skip(1), id => Assert.InRange(id, codec.FirstCodeId, codec.FirstCodeId + codec.CodeCount - 1));

        var decoded = await Client.DecodeMediaAsync(new DecodeMediaRequest { Vocabulary = "draw", Tokens = encoded.Tokens }, Options());
        Assert.Equal(("image/png", true), (decoded.ContentType, decoded.Complete));
        var again = await Client.EncodeMediaAsync(new EncodeMediaRequest { Vocabulary = "draw", Media = decoded.Media }, Options());
        Assert.Equal(encoded.Tokens.Ids.Skip(1), again.Tokens.Ids);

        decoded = await Client.DecodeMediaAsync(new DecodeMediaRequest { Vocabulary = "draw", Tokens = new TokenIds { Ids = { encoded.Tokens.Ids.Take(9) } } }, Options());
        Assert.False(decoded.Complete);
        Assert.False((await Client.DecodeMediaAsync(new DecodeMediaRequest { Vocabulary = "draw" }, Options())).Complete);
    }

    [Fact]
    public async Task What_callers_can_mend_is_named()
    {
        await Refused("media", new EncodeMediaRequest { Vocabulary = "draw" }, "empty");
        await Refused("media", new EncodeMediaRequest { Vocabulary = "draw", Media = ByteString.CopyFromUtf8("not a picture") }, "format");
        await Refused("media", new EncodeMediaRequest { Vocabulary = "draw", Media = ByteString.CopyFrom(fixture.Png.Span[..100]) }, "");
        await Refused("media", new EncodeMediaRequest { Vocabulary = "draw", Media = ByteString.CopyFrom(new byte[4_000_001]) }, "4,000,000");

        foreach (var (ids, reason) in new[] { ((int[])[0], "no code of 'draw'"), (Enumerable.Repeat(400, 257).ToArray(), "at most 256"), ([int.MaxValue], "no code") })
        {
            var error = await Assert.ThrowsAsync<RpcException>(
                async () => await Client.DecodeMediaAsync(new DecodeMediaRequest { Vocabulary = "draw", Tokens = new TokenIds { Ids = { ids } } }, Options()));
            Assert.Equal("tokens.ids", error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations.Single().Field);
            Assert.Contains(reason, error.Status.Detail + error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations.Single().Description, StringComparison.Ordinal);
        }

        async Task Refused(string field, EncodeMediaRequest request, string reason)
        {
            var error = await Assert.ThrowsAsync<RpcException>(async () => await Client.EncodeMediaAsync(request, Options()));
            var violation = error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations.Single();
            Assert.Equal((StatusCode.InvalidArgument, field), (error.StatusCode, violation.Field));
            Assert.Contains(reason, violation.Description, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_vocabulary_of_texts_has_no_media()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await Client.EncodeMediaAsync(new EncodeMediaRequest { Vocabulary = "cl100k_base", Media = fixture.Png }, Options()));
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Null((await Client.DescribeVocabularyAsync(new DescribeVocabularyRequest { Vocabulary = "cl100k_base" }, Options())).Codec);
    }

    [Fact]
    public async Task A_broken_codec_refuses_the_folder_by_name_of_the_file()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await Client.EncodeAsync(new EncodeRequest { Vocabulary = "broken", Text = "a cat" }, Options()));
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Contains("codec.json: kind", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pieces_say_which_codec_and_which_unknown_token_there_is()
    {
        using var call = Client.ListPieces(new ListPiecesRequest { Vocabulary = "draw" }, Options());
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(256, call.ResponseStream.Current.Codec.MaximumLength);
        Assert.True(call.ResponseStream.Current.HasUnknownId);
        var encoded = await Client.EncodeAsync(new EncodeRequest { Vocabulary = "draw", Text = "a purplish cat" }, Options());
        Assert.Equal(call.ResponseStream.Current.UnknownId, encoded.Tokens[1].Id);
    }

    private static CallOptions Options() => new(deadline: DateTime.UtcNow + TokenizerHost.Patience, cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>Two folders: of one that draws, and one whose codec.json is broken.</summary>
    public sealed class PictureHost : IAsyncLifetime
    {
        internal TokenizerHost Host { get; private set; } = null!;

        internal ByteString Png { get; } = ByteString.CopyFrom(PictureFile.WritePng(new PictureWorld(seed: 1).HeldOut().First().Picture));

        public async ValueTask InitializeAsync() => Host = await TokenizerHost.StartAsync(static root =>
        {
            var codec = new PictureCodec(PatchCodec.Learn(new PictureWorld(seed: 1).Training(stream: 2).Take(200).Select(static drawing => drawing.Picture), patch: 2, codes: 128));
            var vocabulary = new PaintingVocabulary(codec);
            foreach (var name in new[] { "draw", "broken" })
            {
                var folder = Directory.CreateDirectory(Path.Combine(root, name)).FullName;
                vocabulary.Save(folder);
                var settings = codec.Settings();
                settings["kind"] = name == "broken" ? "smells" : (string?)settings["kind"];
                MediaCodecFile.Write(folder, new MediaTokens(codec, vocabulary.Picture, EndId: null, vocabulary.FirstCode), settings);
            }
        });

        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }
}

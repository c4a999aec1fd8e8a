using GenAiLab.Media.Films;
using GenAiLab.Media.Pictures;
using GenAiLab.Training.Films;
using GenAiLab.Training.Films.Filming;
using GenAiLab.Training.Pictures.Painting;
using GenAiLab.Training.Verbs;

namespace GenAiLab.Training.Tests.Films;

/// <summary>Films of the lab world: what is in them, and the law by which it moves.</summary>
public sealed class DirectorTests
{
    private static readonly IReadOnlyList<Clip> Clips = [.. new FilmWorld(seed: 1).HeldOut().Take(400)];

    [Fact]
    public void The_same_seed_gives_the_same_clips_and_another_stream_gives_others()
    {
        Assert.Equal(Pixels(new FilmWorld(seed: 1).Training(stream: 1)), Pixels(new FilmWorld(seed: 1).Training(stream: 1)));
        Assert.NotEqual(Pixels(new FilmWorld(seed: 1).Training(stream: 1)), Pixels(new FilmWorld(seed: 1).Training(stream: 2)));
        Assert.NotEqual(Pixels(new FilmWorld(seed: 1).Training(stream: 1)), Pixels(new FilmWorld(seed: 1).HeldOut()));
        Assert.NotEqual(Pixels(new FilmWorld(seed: 1).HeldOut()), Pixels(new FilmWorld(seed: 2).HeldOut()));

        static IEnumerable<byte> Pixels(IEnumerable<Clip> clips) => clips.Take(3).SelectMany(static clip => clip.Frames).SelectMany(static frame => frame.Rgb);
    }

    [Fact]
    public void Every_label_occurs_and_a_thing_does_only_what_it_can()
    {
        Assert.Equal(Director.Labels.Order(StringComparer.Ordinal), Clips.Select(static clip => clip.Plot.Label).Distinct().Order(StringComparer.Ordinal));
        Assert.Contains("cat, to the left", Director.Labels);
        Assert.DoesNotContain("car, up", Director.Labels);
        Assert.All(Clips, static clip => Assert.Equal((12, 32, 32), (clip.Frames.Count, clip.Frames[0].Width, clip.Frames[0].Height)));
    }

    /// <summary>Where what is seen goes from a frame to the next, in pixels.</summary>
    public static TheoryData<string, int, int> Laws => new() { { Motions.Left, -4, 0 }, { Motions.Right, 4, 0 }, { Motions.Up, 0, -4 }, { Motions.Down, 0, 4 }, { Motions.Still, 0, 0 } };

    [Theory, MemberData(nameof(Laws))]
    public void A_thing_goes_the_way_its_motion_says_a_tile_at_a_time_and_stays_in_the_picture(string motion, int across, int down)
    {
        foreach (var clip in Clips.Where(clip => clip.Plot.Motion == motion))
        {
            var background = Background(clip);
            var (before, steps) = (Places(clip.Frames[0], background), 0);
            Assert.NotEmpty(before);
            foreach (var frame in clip.Frames.Skip(1))
            {
                var after = Places(frame, background);
                if (!after.SetEquals(before))
                {
                    // All of it, where it should be: nothing has left the picture, and nothing has come into it.
                    Assert.True(after.SetEquals(before.Select(at => (at.X + across, at.Y + down))));
                    steps++;
                }

                before = after;
            }

            Assert.InRange(steps, motion == Motions.Still ? 0 : 3, motion == Motions.Still ? 0 : 5);
        }
    }

    [Fact]
    public void What_bounces_goes_up_and_down_in_its_place()
    {
        foreach (var clip in Clips.Where(static clip => clip.Plot.Motion == Motions.Bouncing))
        {
            var background = Background(clip);
            var tops = clip.Frames.Select(frame => Places(frame, background).Min(static at => at.Y)).ToList();
            Assert.Single(clip.Frames.Select(frame => Places(frame, background).Min(static at => at.X)).Distinct());
            Assert.Equal(12, tops.Max() - tops.Min());
            Assert.All(tops.Zip(tops.Skip(1)), static pair => Assert.Equal(4, Math.Abs(pair.First - pair.Second)));
        }
    }

    [Fact]
    public void A_codebook_of_two_thousand_patches_has_nearly_all_of_them_and_a_document_fits_a_row()
    {
        var codec = TrainFilm.Codebook(new FilmWorld(seed: 1), codes: 2_048);
        Assert.InRange(TrainFilm.ExactPatches(codec, Clips.Take(100)), 0.99, 1);
        var vocabulary = new FilmingVocabulary(new FilmCodec(codec, Motions.Frames));
        var random = new Random(1);
        foreach (var clip in Clips)
        {
            var document = vocabulary.Document(clip, random);
            Assert.InRange(document.Length, 768 + 3, 783);
            Assert.Equal(vocabulary.Tokens.Medium, document[^769]);
            var (frames, strange) = vocabulary.Read(document[^768..]);
            Assert.Equal(0, strange);
            Assert.Equal(12, frames.Count);
        }
    }

    [Fact]
    public void Captions_say_kind_and_motion_in_words_of_the_vocabulary()
    {
        Assert.Equal("a red cat walks to the left on grass", FilmCaption.Of(new Plot("cat", "red", Motions.Left, "on grass")));
        Assert.Equal("an orange ball bounces", FilmCaption.Of(new Plot("ball", "orange", Motions.Bouncing, "")));
        var tokens = new CaptionVocabulary(FilmCaption.Words, FilmingVocabulary.FilmToken, 1);
        var random = new Random(1);
        Assert.All(Clips, clip => Assert.DoesNotContain(tokens.Unknown, tokens.Prompt(FilmCaption.Of(clip.Plot, random))));
    }

    // Details stand still and are never passed, and nothing that moves is anywhere in every frame.
    private static (byte, byte, byte)[] Background(Clip clip) => [.. Enumerable.Range(0, 32 * 32).Select(at =>
        clip.Plot.Motion != Motions.Still && clip.Frames.All(frame => Colour(frame, at) == Colour(clip.Frames[0], at)) ? Colour(clip.Frames[0], at) : Ground(clip))];

    private static (byte, byte, byte) Ground(Clip clip) =>
        Enumerable.Range(0, 32 * 32).Select(at => Colour(clip.Frames[0], at)).GroupBy(static colour => colour).MaxBy(static group => group.Count())!.Key;

    private static HashSet<(int X, int Y)> Places(Picture frame, (byte, byte, byte)[] background) =>
        Enumerable.Range(0, 32 * 32).Where(at => Colour(frame, at) != background[at]).Select(static at => (at % 32, at / 32)).ToHashSet();

    private static (byte, byte, byte) Colour(Picture frame, int at) => (frame.Rgb[3 * at], frame.Rgb[(3 * at) + 1], frame.Rgb[(3 * at) + 2]);
}

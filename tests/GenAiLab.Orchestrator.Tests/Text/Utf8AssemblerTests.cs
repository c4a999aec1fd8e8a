using System.Text;
using GenAiLab.Orchestrator.Text;

namespace GenAiLab.Orchestrator.Tests.Text;

public sealed class Utf8AssemblerTests
{
    [Fact]
    public void A_character_appears_with_its_last_byte()
    {
        var assembler = new Utf8Assembler();

        Assert.Equal("", assembler.Append([0xF0]));
        Assert.Equal("", assembler.Append([0x9F, 0x90]));
        Assert.Equal("🐄", assembler.Append([0x84]));
        Assert.Equal("", assembler.Complete());
    }

    [Fact]
    public void Invalid_bytes_do_not_hold_up_what_follows()
    {
        var assembler = new Utf8Assembler();

        Assert.Equal("\uFFFD", assembler.Append([0xFF]));
        Assert.Equal("", assembler.Append([0xE3, 0x81]));
        Assert.Equal("\uFFFDa", assembler.Append([(byte)'a']));
    }

    [Fact]
    public void A_real_replacement_character_passes()
    {
        var assembler = new Utf8Assembler();

        Assert.Equal("\uFFFD", assembler.Append("\uFFFD"u8));
        Assert.Equal("b", assembler.Append("b"u8));
    }

    [Fact]
    public void An_unfinished_character_at_the_end_is_replaced()
    {
        var assembler = new Utf8Assembler();

        Assert.Equal("a", assembler.Append([(byte)'a', 0xC3]));
        Assert.Equal("\uFFFD", assembler.Complete());
    }

    [Fact]
    public void However_bytes_are_cut_the_text_is_the_same()
    {
        var random = new Random(1);
        byte[] likely = [0x00, (byte)'a', 0x80, 0xBF, 0xC3, 0xE3, 0x81, 0x93, 0xF0, 0x9F, 0x90, 0x84, 0xED, 0xA0, 0xEF, 0xBB, 0xBF, 0xFF];
        for (var round = 0; round < 5000; round++)
        {
            var bytes = new byte[random.Next(20)];
            random.GetItems(likely, bytes);
            var assembler = new Utf8Assembler();
            var text = new StringBuilder();
            for (var at = 0; at < bytes.Length;)
            {
                var length = random.Next(1, Math.Min(4, bytes.Length - at) + 1);
                text.Append(assembler.Append(bytes.AsSpan(at, length)));
                at += length;
            }

            Assert.Equal(Encoding.UTF8.GetString(bytes), text.Append(assembler.Complete()).ToString());
        }
    }
}

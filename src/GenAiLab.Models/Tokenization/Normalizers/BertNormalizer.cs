using GenAiLab.Models.Tokenization.Patterns;
using GenAiLab.Models.Tokenization.Text;
using GenAiLab.Models.Tokenization.Unicode;

namespace GenAiLab.Models.Tokenization.Normalizers;

/// <summary>What BERT does: no control characters, spaces around Chinese characters, no accents, lower case; each if asked for.</summary>
internal sealed class BertNormalizer(bool cleanText, bool handleChinese, bool stripAccents, bool lowercase) : TextNormalizer
{
    private static readonly UnicodeNormalizer Decomposition = new(compatible: false, compose: false);
    private static readonly LowercaseNormalizer Lowercase = new();

    public override void Apply(AlignedText text, CancellationToken cancellation)
    {
        if (cleanText && text.Letters.ContainsAnyExceptInRange(' ', '~'))
        {
            RemovingNormalizer.Apply(text, static point => point is '\t' or '\n' or '\r' || (point is not (0 or 0xFFFD) && !CharacterKinds.IsControl(point)), static point => CharacterKinds.IsWhiteSpace(point) ? ' ' : point);
        }

        if (handleChinese && text.Letters.ContainsAnyInRange('\u3400', '\uFFFF'))
        {
            SpaceChinese(text);
        }

        if (stripAccents && text.Letters.ContainsAnyInRange('\u00C0', '\uFFFF'))
        {
            Decomposition.Normalize(text, cancellation);
            RemovingNormalizer.Apply(text, static point => point < 0x300 || !CharacterKinds.IsNonspacingMark(point), static point => point);
        }

        if (lowercase)
        {
            Lowercase.Apply(text, cancellation);
        }
    }

    private static bool IsChinese(int point) => point is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    private static void SpaceChinese(AlignedText text)
    {
        text.BeginRewrite();
        for (int at = 0, units; at < text.Length; at += units)
        {
            var point = CodePoints.At(text.Letters, at, out units);
            if (IsChinese(point))
            {
                text.Put(' ', at);
                text.Put(point, at);
                text.Put(' ', at);
            }
            else
            {
                text.Put(point, at);
            }
        }

        text.EndRewrite();
    }
}

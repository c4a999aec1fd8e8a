using System.Text;

namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>
/// What one rendering may cost. A template comes with a folder from anywhere, and loops over what callers send:
/// steps bound the time, bytes the memory.
/// </summary>
internal sealed class RenderBudget(CancellationToken cancellation)
{
    /// <summary>The longest rendered text, and the longest text on the way to it, in bytes of UTF-8.</summary>
    public const int MaximumBytes = 4 * 1024 * 1024;

    /// <summary>Parts of the template that are evaluated; each 64 characters of a text that one handles count as one more.</summary>
    public const int MaximumSteps = 1_000_000;

    private const int CharactersInStep = 64;
    private const int StepsBetweenLooks = 1024;
    private long _steps;
    private long _look = StepsBetweenLooks;

    /// <summary>Pays for one step on so many characters.</summary>
    /// <exception cref="TemplateRenderException">There is nothing left.</exception>
    /// <exception cref="OperationCanceledException">The caller has left.</exception>
    public void Spend(int characters = 0)
    {
        _steps += 1 + (characters / CharactersInStep);
        if (_steps > MaximumSteps)
        {
            throw new TemplateRenderException($"it takes more than {MaximumSteps:N0} steps");
        }

        if (_steps >= _look)
        {
            _look = _steps + StepsBetweenLooks;
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Refuses a text that is too long before it is put together.</summary>
    public static void LimitLength(long characters)
    {
        if (characters > MaximumBytes)
        {
            throw TooLong();
        }
    }

    /// <summary>A rendered text, if it is not too long.</summary>
    public static TextValue Limit(TextValue text) => Encoding.UTF8.GetByteCount(text.Text) <= MaximumBytes ? text : throw TooLong();

    private static TemplateRenderException TooLong() => new($"the text becomes longer than {MaximumBytes:N0} bytes of UTF-8");
}

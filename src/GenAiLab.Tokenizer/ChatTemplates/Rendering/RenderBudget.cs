using System.Text;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>
/// What one rendering may cost. A template comes with a folder from anywhere, and loops over what callers send:
/// steps bound the time, bytes the memory.
/// </summary>
internal sealed class RenderBudget(CancellationToken cancellation)
{
    /// <summary>The longest rendered text, and the longest text on the way to it, in bytes of UTF-8.</summary>
    public const int MaximumBytes = 4 * 1024 * 1024;

    /// <summary>
    /// Parts of the template that are evaluated, and items of lists that are made or looked at; each 64 characters of a text
    /// that one handles count as one more.
    /// </summary>
    public const int MaximumSteps = 1_000_000;

    /// <summary>Macros and recursive loops that are under way within each other.</summary>
    public const int MaximumCalls = 200;

    private const int CharactersInStep = 64;
    private const int ComparisonsInStep = 2048;
    private const int DigitsInStep = 16_384;
    private const int StepsBetweenLooks = 1024;
    private long _steps;
    private long _look = StepsBetweenLooks;
    private int _calls;

    /// <summary>Pays for one step on so many characters.</summary>
    /// <exception cref="TemplateRenderException">There is nothing left.</exception>
    /// <exception cref="OperationCanceledException">The caller has left.</exception>
    public void Spend(int characters = 0) => SpendSteps(1 + (characters / CharactersInStep));

    /// <summary>Pays for as many steps as a list has items.</summary>
    public void SpendSteps(long steps)
    {
        _steps += steps;
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

    /// <summary>Pays for a search of one text in another, which compares the two at every place in the worst case.</summary>
    public void SpendSearch(string whole, string part) =>
        SpendSteps(1 + (whole.Length / CharactersInStep) + (Math.Max(0L, whole.Length - part.Length) * part.Length / ComparisonsInStep));

    /// <summary>Pays for reading or writing an integer of so many digits, which takes the square of their number.</summary>
    public void SpendDigits(long digits) => SpendSteps(digits * digits / DigitsInStep);

    /// <summary>Pays for finding a key in a mapping, which reads all of it.</summary>
    public void SpendKey(TemplateValue key)
    {
        Spend(key is TextValue text ? text.Text.Length : 0);
        if (key is TupleValue tuple)
        {
            foreach (var item in tuple.Items)
            {
                SpendKey(item);
            }
        }
    }

    /// <summary>Does a call within the calls that are under way.</summary>
    public T Nested<T>(Func<T> call)
    {
        if (++_calls > MaximumCalls || !System.Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new TemplateRenderException("macros and loops that call each other too deeply");
        }

        var result = call();
        _calls--;
        return result;
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

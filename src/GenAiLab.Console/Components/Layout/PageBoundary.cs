using Microsoft.AspNetCore.Components.Web;

namespace GenAiLab.WebConsole.Components.Layout;

/// <summary>
/// Shows its error content whatever fails in a page. Where several components fail at once, the renderer empties an
/// <see cref="ErrorBoundary"/> once more after it has shown that content, and the page would be blank: it is shown again.
/// </summary>
public sealed class PageBoundary : ErrorBoundary
{
    protected override async Task OnErrorAsync(Exception exception)
    {
        await base.OnErrorAsync(exception);
        await Task.Yield();
        StateHasChanged();
    }
}

using Bunit;
using GenAiLab.WebConsole.Components.Layout;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace GenAiLab.WebConsole.Tests;

/// <summary>A failure in a page is said, however much of it fails: a page of the console itself cannot be made to fail from outside.</summary>
public sealed class PageBoundaryTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_page_of_which_parts_fail_says_so_and_is_tried_again(int parts)
    {
        var broken = true;
        await using var context = new BunitContext();
        var page = context.Render<PageBoundary>(parameters => parameters
            .Add(boundary => boundary.ChildContent, builder =>
            {
                for (var part = 0; part < parts; part++)
                {
                    builder.OpenComponent<Part>(0);
                    builder.SetKey(part);
                    builder.AddComponentParameter(1, nameof(Part.IsBroken), () => broken);
                    builder.CloseComponent();
                }
            })
            .Add(boundary => boundary.ErrorContent, static exception => builder => builder.AddContent(0, $"failed: {exception.Message}")));
        page.WaitForAssertion(() => Assert.Equal("failed: on purpose", page.Markup));

        broken = false;
        await page.InvokeAsync(page.Instance.Recover);
        page.WaitForAssertion(() => Assert.Equal(string.Concat(Enumerable.Repeat("whole ", parts)), page.Markup));
    }

    private sealed class Part : ComponentBase
    {
        [Parameter, EditorRequired]
        public Func<bool> IsBroken { get; set; } = null!;

        protected override void OnParametersSet()
        {
            if (IsBroken())
            {
                throw new InvalidOperationException("on purpose");
            }
        }

        protected override void BuildRenderTree(RenderTreeBuilder builder) => builder.AddContent(0, "whole ");
    }
}

namespace GenAiLab.WebConsole.Components.Layout;

/// <summary>The pages of the navigation, in its order.</summary>
internal static class PageList
{
    public static IReadOnlyList<(string Address, string Name)> All { get; } =
    [
        ("pipeline", "Pipeline"), ("tokens", "Tokens"), ("opposites", "Opposites"), ("stages", "Stages"), ("rank", "Rank"), ("properties", "Properties"),
        ("operate", "Operate"),
    ];
}

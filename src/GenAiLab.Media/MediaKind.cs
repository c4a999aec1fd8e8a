namespace GenAiLab.Media;

/// <summary>What a codec turns into codes.</summary>
public enum MediaKind
{
    /// <summary>A picture that stands still.</summary>
    Picture,

    /// <summary>A sound of one channel.</summary>
    Sound,

    /// <summary>A sequence of pictures.</summary>
    Film,
}

namespace GenAiLab.Sampling;

/// <summary>What a random number of a position decides: a word of the generator's counter.</summary>
public enum RandomPurpose : uint
{
    /// <summary>Which token is drawn.</summary>
    Draw = 0,

    /// <summary>Whether XTC excludes the top choices.</summary>
    Xtc = 1,
}

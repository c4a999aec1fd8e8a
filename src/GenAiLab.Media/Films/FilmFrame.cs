namespace GenAiLab.Media.Films;

/// <summary>A frame as it is shown.</summary>
/// <param name="Width">Columns, in pixels.</param>
/// <param name="Height">Rows.</param>
/// <param name="Pixels">Red, green, blue and alpha, row by row; valid until the next frame.</param>
public readonly record struct FilmFrame(int Width, int Height, ReadOnlyMemory<byte> Pixels);

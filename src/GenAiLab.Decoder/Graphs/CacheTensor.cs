namespace GenAiLab.Decoder.Graphs;

/// <summary>Keys or values of one layer, [batch, heads, tokens, width], as an input and as an output of the graph.</summary>
/// <param name="Past">The input with those of earlier runs.</param>
/// <param name="Present">The output with those of this run behind them.</param>
/// <param name="Heads">Key and value heads.</param>
/// <param name="Width">Numbers of a head.</param>
internal readonly record struct CacheTensor(string Past, string Present, int Heads, int Width);

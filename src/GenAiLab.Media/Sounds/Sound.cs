namespace GenAiLab.Media.Sounds;

/// <summary>A sound of one channel.</summary>
/// <param name="Samples">Each in [−1, 1].</param>
/// <param name="Rate">Samples a second.</param>
public sealed record Sound(float[] Samples, int Rate)
{
    /// <summary>Length in seconds.</summary>
    public double Seconds => (double)Samples.Length / Rate;
}

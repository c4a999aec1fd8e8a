namespace GenAiLab.Media.Sounds;

/// <summary>What is heard in 25 ms.</summary>
/// <param name="Envelope">Of the spectrum: the logarithm of each mel band's power in dB, their mean taken away.</param>
/// <param name="Level">Root mean square in dB of full scale; at or below <see cref="SpeechAnalysis.Silence"/> it is silent.</param>
/// <param name="Pitch">Of the voice in Hz; 0 where there is none.</param>
internal readonly record struct SpeechFrame(float[] Envelope, double Level, double Pitch);

namespace GenAiLab.Training.Practice;

/// <summary>What the critic makes of media that were drawn in one way.</summary>
/// <param name="MinP">What is less than so many times as probable as the most probable code is not drawn (Nguyen et al. 2024, arXiv:2407.01082).</param>
/// <param name="Reward">Mean p(label named).</param>
internal sealed record TriedSampling(float MinP, double Reward);

namespace GenAiLab.Training.Serving;

/// <summary>How well a draft guesses another model's tokens, at places of given texts.</summary>
/// <param name="Greedy">Share of places at which both have the same most probable token: guesses kept by greedy decoding.</param>
/// <param name="Sampled">
/// Mean probability that the model gives the draft's most probable token: guesses kept when the model draws at temperature 1.
/// </param>
/// <param name="DraftLoss">The draft's loss on the texts, in nats per token.</param>
/// <param name="Places">How many places.</param>
public sealed record Agreement(double Greedy, double Sampled, double DraftLoss, int Places);

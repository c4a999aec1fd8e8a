namespace GenAiLab.Simulation.Tests.World;

/// <summary>The simulation saw what must never be.</summary>
internal sealed class BrokenRuleException(string rule) : Exception(rule);

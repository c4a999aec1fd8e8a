namespace GenAiLab.Simulation.Tests.World;

/// <summary>Rules that are broken on purpose: a simulation that does not see it would prove nothing.</summary>
internal enum Sabotage
{
    /// <summary>None.</summary>
    None,

    /// <summary>A decoder is told that a client has left, and goes on.</summary>
    ForgetsLeavers,

    /// <summary>A stream that is resumed draws as if it began.</summary>
    ForgetsPosition,

    /// <summary>All tenants are one.</summary>
    MixesTenants,

    /// <summary>A response comes twice.</summary>
    RepeatsResponse,
}

using System.Runtime.Intrinsics.X86;

namespace GenAiLab.Models.Quantization;

/// <summary>
/// What this processor's products of 8-bit integers can take. Without VNNI, x86 adds two products of an unsigned and a signed byte
/// in 16 bits and saturates (VPMADDUBSW): weights of more than 6 bits and a sign give sums that are wrong without a word. See ONNX
/// Runtime's documentation, "Quantize ONNX models", on U8S8 and reduce_range.
/// </summary>
internal static class IntegerKernels
{
    private const int ExtendedFeatures = 7;

    /// <summary>Largest magnitude of a signed weight whose products do not saturate: 2 × 255 × 63 fits into 16 bits.</summary>
    public static int LargestWeight { get; } = X86Base.IsSupported && !HasVnni() ? 63 : sbyte.MaxValue;

    // Leaf 7: AVX512_VNNI is bit 11 of ECX; AVX_VNNI is bit 4 of EAX in subleaf 1.
    private static bool HasVnni() =>
        X86Base.CpuId(0, 0).Eax >= ExtendedFeatures
        && ((X86Base.CpuId(ExtendedFeatures, 0).Ecx & (1 << 11)) != 0 || (X86Base.CpuId(ExtendedFeatures, 1).Eax & (1 << 4)) != 0);
}

namespace GenAiLab.Training.Autodiff;

// What sees neighbourhoods.
public sealed partial class TensorGraph
{
    /// <summary>
    /// Cross-correlation of [batch, channels, height, width] with kernels [outputs, channels, side, side], as networks call convolution;
    /// zeros lie around the value. The gradient of the value is the transposed convolution; that of the kernels is a convolution of the
    /// value with the gradient, in which batch and channels trade places and the stride becomes a dilation.
    /// </summary>
    public Tensor Convolve(Tensor value, Tensor kernels, int stride, int padding)
    {
        var (height, width, side) = (value.Shape[2], value.Shape[3], kernels.Shape[2]);
        int[] shape = [value.Shape[0], kernels.Shape[0], Output(height), Output(width)];
        long[] strides = [stride, stride], pads = [padding, padding, padding, padding];
        var output = Raw("Conv", shape, [value, kernels], ("strides", strides), ("pads", pads));
        return Record(output, [value, kernels], (gradient, at) => at == 0
            ? Raw("ConvTranspose", value.Shape, [gradient, kernels], ("strides", strides), ("pads", pads), ("output_padding", (long[])[Rest(height), Rest(width)]))
            : KernelGradient(gradient));

        int Output(int size) => ((size + (2 * padding) - side) / stride) + 1;

        int Rest(int size) => (size + (2 * padding) - side) % stride;

        Tensor KernelGradient(Tensor gradient)
        {
            var (inputs, outputs) = (RawTranspose(value, [1, 0, 2, 3]), RawTranspose(gradient, [1, 0, 2, 3]));
            int[] full = [value.Shape[1], kernels.Shape[0], side + Rest(height), side + Rest(width)];
            var correlated = Raw("Conv", full, [inputs, outputs], ("dilations", strides), ("pads", pads));

            // Rows and columns at the far edge that no kernel reached.
            var trimmed = Raw("Slice", [full[0], full[1], side, side], [correlated, Integers(0, 0), Integers(side, side), Integers(2, 3)]);
            return RawTranspose(trimmed, [1, 0, 2, 3]);
        }
    }
}

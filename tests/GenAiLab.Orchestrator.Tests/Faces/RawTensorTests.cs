using GenAiLab.Inference;
using GenAiLab.Orchestrator.Faces.KServe;
using Google.Protobuf;

namespace GenAiLab.Orchestrator.Tests.Faces;

public sealed class RawTensorTests
{
    [Fact]
    public void Elements_of_bytes_stand_behind_their_lengths()
    {
        var contents = new InferTensorContents { BytesContents = { ByteString.CopyFromUtf8("ab"), ByteString.Empty, ByteString.CopyFromUtf8("é") } };

        var raw = RawTensor.Write(contents);

        Assert.Equal([2, 0, 0, 0, 97, 98, 0, 0, 0, 0, 2, 0, 0, 0, 0xC3, 0xA9], raw.ToByteArray());
        Assert.Equal(contents, RawTensor.Read("BYTES", raw.Span));
    }

    [Fact]
    public void Numbers_are_little_endian()
    {
        Assert.Equal([0, 0, 128, 63], RawTensor.Write(new InferTensorContents { Fp32Contents = { 1 } }).ToByteArray());
        Assert.Equal(-2, RawTensor.Read("INT32", [254, 255, 255, 255])!.IntContents.Single());
        Assert.Equal(258UL, RawTensor.Read("UINT64", [2, 1, 0, 0, 0, 0, 0, 0])!.Uint64Contents.Single());
        Assert.Equal([true, false], RawTensor.Read("BOOL", [1, 0])!.BoolContents);
    }

    [Theory]
    [InlineData("BYTES", new byte[] { 1, 0, 0 })]
    [InlineData("BYTES", new byte[] { 2, 0, 0, 0, 97 })]
    [InlineData("BYTES", new byte[] { 255, 255, 255, 255, 97 })]
    [InlineData("INT32", new byte[] { 1, 2, 3 })]
    [InlineData("FP64", new byte[] { 1, 2, 3, 4 })]
    [InlineData("COLOUR", new byte[] { 1, 2, 3, 4 })]
    public void Bytes_that_are_no_tensor_are_told(string datatype, byte[] raw) => Assert.Null(RawTensor.Read(datatype, raw));
}

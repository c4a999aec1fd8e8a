namespace GenAiLab.Models.Onnx;

/// <summary>Element types of ONNX tensors, with the format's own numbers (TensorProto.DataType).</summary>
public enum OnnxElementType
{
    /// <summary>32-bit float.</summary>
    Float = 1,

    /// <summary>Unsigned byte.</summary>
    UInt8 = 2,

    /// <summary>Signed byte.</summary>
    Int8 = 3,

    /// <summary>32-bit integer.</summary>
    Int32 = 6,

    /// <summary>64-bit integer.</summary>
    Int64 = 7,

    /// <summary>Boolean, a byte each.</summary>
    Bool = 9,

    /// <summary>16-bit float.</summary>
    Float16 = 10,
}

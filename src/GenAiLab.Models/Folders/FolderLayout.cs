namespace GenAiLab.Models.Folders;

/// <summary>The convention by which a decoder's folder was written.</summary>
public enum FolderLayout
{
    /// <summary>onnxruntime-genai: genai_config.json beside the graph.</summary>
    GenAi,

    /// <summary>Hugging Face Optimum and transformers.js: config.json, the graph beside it or in onnx/.</summary>
    Optimum,
}

namespace GenAiLab.Media.Images;

/// <summary>How an image is scaled; the numbers are PIL's, which preprocessor_config.json uses.</summary>
public enum ResampleFilter
{
    Nearest = 0,
    Lanczos = 1,
    Bilinear = 2,
    Bicubic = 3,
    Box = 4,
    Hamming = 5,
}

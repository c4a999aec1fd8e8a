using System.Text.Json;

namespace GenAiLab.Constraints;

/// <summary>Finds strings of a JSON document that are no text, before anything is taken out of it.</summary>
public static class JsonUnicode
{
    /// <summary>Reads every string and every name.</summary>
    /// <param name="element">Of a document whose nesting is bounded.</param>
    /// <exception cref="InvalidOperationException">One holds half of a surrogate pair, which has no UTF-8.</exception>
    public static void Check(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    Check(item);
                }

                break;
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    _ = property.Name;
                    Check(property.Value);
                }

                break;
        }
    }
}

using System.Text.Json;

namespace TfeBackup.TestSupport.Transit;

/// <summary>The limits of Vault's listener, with its defaults.</summary>
public static class TransitLimits
{
    /// <summary>The largest request body, in bytes.</summary>
    public const int RequestBytes = 32 * 1024 * 1024;

    /// <summary>The longest JSON string, in bytes.</summary>
    public const int StringBytes = 1024 * 1024;

    /// <summary>The most elements a JSON array may have.</summary>
    public const int ArrayElements = 10_000;

    /// <summary>Refuses a body whose JSON is over a limit.</summary>
    internal static void Check(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        var elements = new Stack<int>();
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
                {
                    elements.Pop();
                    continue;
                }

                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueSpan.Length > StringBytes)
                {
                    throw new TransitRefusal("failed to parse JSON input: JSON string value exceeds allowed length");
                }

                if (elements.TryPop(out var count))
                {
                    // Property names make a member count twice, which is why objects are let off: their limit is another one.
                    elements.Push(count < 0 ? count : count + 1);
                    if (count >= ArrayElements)
                    {
                        throw new TransitRefusal("failed to parse JSON input: JSON array exceeds allowed element count");
                    }
                }

                switch (reader.TokenType)
                {
                    case JsonTokenType.StartArray:
                        elements.Push(0);
                        break;
                    case JsonTokenType.StartObject:
                        elements.Push(-1);
                        break;
                }
            }
        }
        catch (JsonException)
        {
            throw new TransitRefusal("failed to parse JSON input: invalid JSON");
        }
    }
}

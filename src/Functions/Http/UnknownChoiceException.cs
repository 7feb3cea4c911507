using System.Text.Json;

namespace TfeBackup.Functions.Http;

/// <summary>A value that is none of those there are.</summary>
/// <param name="expected">Those there are.</param>
internal sealed class UnknownChoiceException(string expected) : JsonException
{
    /// <summary>Those there are.</summary>
    public string Expected => expected;
}

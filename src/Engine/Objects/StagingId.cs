namespace TfeBackup.Engine.Objects;

/// <summary>The names stagings can have.</summary>
internal static class StagingId
{
    /// <summary>Letters, digits and hyphens, so that an id is one path segment in every store.</summary>
    public static bool IsValid(string id) =>
        id.Length is > 0 and <= 100 && id.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    public static void Check(string id)
    {
        if (!IsValid(id))
        {
            throw new ArgumentException($"'{id}' is not 1 to 100 letters, digits and hyphens.", nameof(id));
        }
    }
}

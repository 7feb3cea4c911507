using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace TfeBackup.Operations.Model;

/// <summary>
/// Names one backup: the installation it was taken from and an id that is unique, sortable by time, and used once.
/// </summary>
public sealed partial record BackupKey
{
    /// <summary>Creates a key.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.InvalidRequest"/>: not names a store can hold.</exception>
    [JsonConstructor]
    public BackupKey(string installation, string id)
    {
        InstallationName.Check(installation);
        if (id is null || !IdPattern().IsMatch(id))
        {
            throw new OperationException(
                OperationError.InvalidRequest, $"'{id}' is not a backup id: expected one such as 20261122T031500Z-1f0c9a3e.");
        }

        Installation = installation;
        Id = id;
    }

    /// <summary>The installation's name.</summary>
    public string Installation { get; }

    /// <summary>The backup's id: when it began (UTC) and eight random hexadecimal digits, <c>20261122T031500Z-1f0c9a3e</c>.</summary>
    public string Id { get; }

    /// <summary>A new, unique key.</summary>
    /// <param name="installation">The installation's name.</param>
    /// <param name="started">When the backup begins.</param>
    /// <param name="unique">Its first eight hexadecimal digits make the id unique within the second.</param>
    public static BackupKey Create(string installation, DateTimeOffset started, Guid unique) =>
        new(installation, $"{started.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{unique.ToString("N")[..8]}");

    /// <summary>Reads <c>installation/id</c>.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.InvalidRequest"/>: it is not that.</exception>
    public static BackupKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            ? new BackupKey(text[..slash], text[(slash + 1)..])
            : throw new OperationException(
                OperationError.InvalidRequest, $"'{text}' does not name a backup: expected installation/id.");
    }

    /// <summary>True if <paramref name="id"/> is formed like a backup's id. Stores leave everything else alone.</summary>
    public static bool IsId(string id) => IdPattern().IsMatch(id);

    /// <summary><c>installation/id</c>, as stores lay it out and operators type it.</summary>
    public override string ToString() => $"{Installation}/{Id}";

    [GeneratedRegex("^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern();
}

using TfeBackup.Engine;

namespace TfeBackup.Server.Api;

/// <summary>The id that a caller gives an operation, so that he can ask what became of it.</summary>
internal static class OperationId
{
    private const string Header = "Operation-Id";
    private const int Longest = 100;

    /// <summary>Reads the header; null where there is none.</summary>
    /// <exception cref="ApiException">It is no id.</exception>
    public static string? Read(HttpRequest request) => !request.Headers.TryGetValue(Header, out var values)
        ? null
        : values is [{ } id] ? Check(id) : throw Wrong();

    /// <summary>Stops at what is no id.</summary>
    public static string Check(string id) =>
        id.Length is > 0 and <= Longest && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') ? id : throw Wrong();

    private static ApiException Wrong() =>
        new($"{Header}: expected one id of 1 to {Longest} letters, digits, '.', '_' and '-' of ASCII.") { Kind = nameof(EngineError.InvalidRequest) };
}

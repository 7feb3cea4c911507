using TfeBackup.Engine;

namespace TfeBackup.Server.Api;

/// <summary>The id that a caller gives an operation, to ask for its outcome later.</summary>
internal static class OperationId
{
    private const string Header = "Operation-Id";
    private const int Longest = 100;

    /// <summary>Reads the header; null where there is none.</summary>
    /// <exception cref="ApiException">It is no id.</exception>
    public static string? Read(HttpRequest request) => !request.Headers.TryGetValue(Header, out var values)
        ? null
        : values is [{ } id] ? Check(id) : throw Invalid();

    /// <summary>Repeats it in the answer: a 200 before the upload was read is then one about this very restore.</summary>
    public static void Confirm(HttpResponse response, string id) => response.Headers[Header] = id;

    /// <summary>Refuses an invalid id.</summary>
    public static string Check(string id) =>
        id.Length is > 0 and <= Longest && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') ? id : throw Invalid();

    private static ApiException Invalid() =>
        new($"{Header}: expected one id of 1 to {Longest} ASCII letters, digits, '.', '_' and '-'.") { Kind = nameof(EngineError.InvalidRequest) };
}

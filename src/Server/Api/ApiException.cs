namespace TfeBackup.Server.Api;

/// <summary>A request this API refuses: what was expected, and what was found.</summary>
/// <param name="message">For whoever sent the request.</param>
/// <param name="innerException">The cause, where there is one.</param>
public sealed class ApiException(string message, Exception? innerException = null) : Exception(message, innerException);

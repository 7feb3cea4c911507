namespace TfeBackup.Infra.Tests.Bicep;

/// <summary>The compiler refused.</summary>
internal sealed class BicepException(string message) : Exception(message);

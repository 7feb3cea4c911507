namespace TfeBackup.Infra.Tests.Bicep;

internal sealed record BicepOutput(int ExitCode, string Output, string Error);

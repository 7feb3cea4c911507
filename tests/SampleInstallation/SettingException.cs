namespace TfeBackup.SampleInstallation;

/// <summary>A setting is missing or wrong; the message names it and holds no secret.</summary>
internal sealed class SettingException(string message) : Exception(message);

namespace TfeBackup.Engine.Settings;

/// <summary>A setting that was asked for.</summary>
/// <param name="Kind">The kind of value.</param>
/// <param name="Expected">The expected form, for messages and schema.</param>
/// <param name="Choices">The names it may be; null where it may be any.</param>
public sealed record Setting(SettingKind Kind, string? Expected = null, IReadOnlyList<string>? Choices = null);

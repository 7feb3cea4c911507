namespace TfeBackup.Engine.Settings;

/// <summary>The kind of a setting's value.</summary>
public enum SettingKind
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>An http or https address.</summary>
    Address,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>A whole number, 0 or more.</summary>
    Count,

    /// <summary>A time, longer than none.</summary>
    Duration,

    /// <summary>A name out of some.</summary>
    Choice,

    /// <summary>Texts in an order.</summary>
    List,

    /// <summary>Settings by their names.</summary>
    Section,

    /// <summary>Texts or sections by names that the operator chose.</summary>
    Map,
}

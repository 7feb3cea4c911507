namespace TfeBackup.Server.Dashboard;

/// <summary>What a request hands to the page that answers it.</summary>
internal sealed class PageState
{
    /// <summary>What went wrong with what was asked for; null where nothing did.</summary>
    public string? Error { get; set; }

    /// <summary>What was done.</summary>
    public string? Done { get; set; }

    /// <summary>The API token, where it was asked for.</summary>
    public string? Token { get; set; }

    /// <summary>The code that came with the one-time link.</summary>
    public string? Code { get; set; }

    /// <summary>Whether an action of the application was refused because something works on the installation.</summary>
    public bool OffersForce { get; set; }

    /// <summary>Whether the installation is known to hold nothing that a restore would replace.</summary>
    public bool IsEmpty { get; set; }
}

namespace TfeBackup.Archive.Packs;

/// <summary>What an index must be, from where it was found and from whom its reader trusts.</summary>
/// <param name="Installation">The installation in whose repository it stands.</param>
/// <param name="Id">The backup in whose folder it stands.</param>
/// <param name="Key">The name of the key that its packs are encrypted to.</param>
/// <param name="Signers">The keys whose signatures count.</param>
public sealed record IndexExpectation(string Installation, string Id, string Key, IReadOnlyList<VerifyingKey> Signers)
{
    /// <summary>The number of the segment; null for the index of a whole backup.</summary>
    public int? Segment { get; init; }

    private string Name => Segment is null ? $"The index of '{Id}'" : $"Segment {Segment} of the index of '{Id}'";

    /// <summary>Checks a signature and what was signed.</summary>
    internal IndexStatement Check(SignedStatement signed)
    {
        if (signed.Statement.Length > SignedStatement.MaxBytes)
        {
            throw ArchiveException.Corrupt($"{Name} has a statement of {signed.Statement.Length} bytes; at most {SignedStatement.MaxBytes} are allowed.");
        }

        // Nothing of a statement is looked at before a signature counts, not even who says to have signed it.
        var signer = Signers.FirstOrDefault(s => s.Verify(signed.Statement.Span, signed.Signature.Span)) ?? throw ArchiveException.Corrupt(
            $"{Name} is not signed by any of the {Signers.Count} hosts that may take backups of '{Installation}': it was forged or altered, or its host was " +
            "added to another file of the key.");
        var statement = Layout.ArchiveJson.Read(signed.Statement.Span, PackJson.Default.IndexStatement, $"The statement of {Name}");
        if (statement.Format != IndexInfo.CurrentFormat)
        {
            throw ArchiveException.Unsupported($"{Name} is of format {statement.Format}; this version reads format {IndexInfo.CurrentFormat}.");
        }

        Expect("type", statement.Type, Segment is null ? IndexStatement.IndexType : IndexStatement.SegmentType);
        Expect("installation", statement.Installation, Installation);
        Expect("id", statement.Id, Id);
        Expect("segment", statement.Segment?.ToString(System.Globalization.CultureInfo.InvariantCulture), Segment?.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Expect("key", statement.Key, Key);
        Expect("signer", statement.Signer, signer.ToString());
        return statement;
    }

    /// <summary>Checks that an index says of itself what was signed.</summary>
    internal void Check(IndexInfo info, IndexStatement statement)
    {
        if (info.Format != IndexInfo.CurrentFormat)
        {
            throw ArchiveException.Unsupported($"{Name} is of format {info.Format}; this version reads format {IndexInfo.CurrentFormat}.");
        }

        var isSame = info.Id == statement.Id && info.Installation == statement.Installation && info.Key == statement.Key
            && info.Segment == statement.Segment && info.Created == statement.Created;
        if (!isSame)
        {
            throw ArchiveException.Corrupt($"{Name} does not say of itself what its statement says: it says to be of '{info.Id}' of '{info.Installation}'.");
        }
    }

    /// <summary>Where an index stands, for messages.</summary>
    public override string ToString() => Name;

    private void Expect(string what, string? found, string? expected)
    {
        if (found != expected)
        {
            throw ArchiveException.Corrupt(
                $"{Name} of '{Installation}' is another one, put in its place: its signed {what} is '{found ?? "none"}', expected '{expected ?? "none"}'.");
        }
    }
}

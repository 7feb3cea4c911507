using System.Buffers.Binary;

namespace TfeBackup.Operations.Drill;

/// <summary>
/// A digest of rows whose order does not matter: the sum of their SHA-256 hashes modulo 2^256. A table's rows come out of another
/// database in another order, and in other parts. Detects damage, not forgery: constructed rows could cancel out.
/// </summary>
internal struct MultisetDigest : IEquatable<MultisetDigest>
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    /// <summary>The number of rows added.</summary>
    public long Count { get; private set; }

    public void Add(ReadOnlySpan<byte> sha256)
    {
        var carry = 0UL;
        Add(ref _a, BinaryPrimitives.ReadUInt64LittleEndian(sha256), ref carry);
        Add(ref _b, BinaryPrimitives.ReadUInt64LittleEndian(sha256[8..]), ref carry);
        Add(ref _c, BinaryPrimitives.ReadUInt64LittleEndian(sha256[16..]), ref carry);
        Add(ref _d, BinaryPrimitives.ReadUInt64LittleEndian(sha256[24..]), ref carry);
        Count++;
    }

    public readonly bool Equals(MultisetDigest other) =>
        (_a, _b, _c, _d, Count) == (other._a, other._b, other._c, other._d, other.Count);

    public override readonly bool Equals(object? obj) => obj is MultisetDigest other && Equals(other);

    public override readonly int GetHashCode() => HashCode.Combine(_a, Count);

    private static void Add(ref ulong sum, ulong value, ref ulong carry)
    {
        var total = (UInt128)sum + value + carry;
        sum = (ulong)total;
        carry = (ulong)(total >> 64);
    }
}

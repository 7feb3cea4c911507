namespace TfeBackup.Engine.Database.Binary;

/// <summary>
/// Writes the binary form of one value, as its type's receive function reads it, for the text that the type's output function
/// prints under the settings of a backup (<see cref="SessionSettings"/>).
/// </summary>
/// <param name="text">The text, unescaped; no null.</param>
/// <param name="output">Takes the bytes, without their length.</param>
/// <returns>
/// False for anything but what the output function prints, whether or not the input function would read it: that is for the
/// server to decide. What was written then counts for nothing.
/// </returns>
internal delegate bool FieldEncoder(ReadOnlySpan<byte> text, BinaryBuffer output);

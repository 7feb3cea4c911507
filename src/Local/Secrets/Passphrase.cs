using System.Security.Cryptography;

namespace TfeBackup.Local.Secrets;

/// <summary>
/// Makes passphrases that can be read out and written down: words of five letters, consonants and vowels in turn, each standing for 16 random bits (the
/// syllables of "proquints", arXiv:0901.4016).
/// </summary>
public static class Passphrase
{
    /// <summary>The bits of a word.</summary>
    public const int BitsPerWord = 16;

    /// <summary>The words of a passphrase that nobody guesses: 128 bits.</summary>
    public const int UsualWords = 8;

    private const string Consonants = "bdfghjklmnprstvz";
    private const string Vowels = "aiou";

    /// <summary>Makes one.</summary>
    /// <param name="words">The number of words.</param>
    public static string Create(int words = UsualWords)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(words, 1);
        return string.Join('-', Enumerable.Range(0, words).Select(_ => Word(RandomNumberGenerator.GetInt32(1 << BitsPerWord))));
    }

    private static string Word(int bits) => new(
    [
        Consonants[bits >> 12], Vowels[(bits >> 10) & 3], Consonants[(bits >> 6) & 15], Vowels[(bits >> 4) & 3], Consonants[bits & 15],
    ]);
}

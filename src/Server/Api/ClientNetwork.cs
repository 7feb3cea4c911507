using System.Net;
using System.Net.Sockets;

namespace TfeBackup.Server.Api;

/// <summary>By what clients are told apart where they are counted.</summary>
internal static class ClientNetwork
{
    /// <summary>An IPv4 address; of an IPv6 address the network, for a single host has the rest to itself.</summary>
    public static IPAddress Of(IPAddress? address) => address switch
    {
        null => IPAddress.None,
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4(),
        { AddressFamily: AddressFamily.InterNetworkV6 } => new IPAddress([.. address.GetAddressBytes()[..8], 0, 0, 0, 0, 0, 0, 0, 0]),
        _ => address,
    };
}

metadata description = 'A virtual network of our own: one subnet for the app\'s way out, one for private endpoints, and the private DNS zones.'

@description('Region.')
param location string

@description('Names start with this.')
param name string

@description('Tags of every resource.')
param tags object

@description('Address range of the network, /24 or larger; it must not overlap with the networks it is peered with.')
param addressPrefix string

@description('`Microsoft.App/environments` for Flex Consumption, `Microsoft.Web/serverFarms` for Premium.')
@allowed(['Microsoft.App/environments', 'Microsoft.Web/serverFarms'])
param delegation string

@description('Ids of the networks the installations are in. Peering has two sides: their owners add the other one.')
param peerNetworkIds string[]

@description('Addresses (CIDR), in peered networks, of those who write secrets or read backups by hand.')
param operatorAddresses string[]

@description('Names of the private DNS zones to make and to link.')
param zoneNames string[]

@description('Workspace that gets the diagnostics.')
param workspaceId string

var operatorRules = [
  for (address, index) in operatorAddresses: {
    name: 'allow-https-from-operators-${index}'
    properties: {
      description: 'Key Vault and backups, for people.'
      access: 'Allow'
      direction: 'Inbound'
      priority: 200 + index
      protocol: 'Tcp'
      sourceAddressPrefix: address
      sourcePortRange: '*'
      destinationAddressPrefix: cidrSubnet(addressPrefix, 26, 1)
      destinationPortRange: '443'
    }
  }
]

resource endpointsGroup 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-${name}-endpoints'
  location: location
  tags: tags
  properties: {
    securityRules: concat(operatorRules, [
      {
        name: 'allow-app'
        properties: {
          description: 'Storage, Key Vault and Azure Monitor, and databases of Direct installations, from the subnet of the app.'
          access: 'Allow'
          direction: 'Inbound'
          priority: 100
          protocol: 'Tcp'
          sourceAddressPrefix: cidrSubnet(addressPrefix, 26, 0)
          sourcePortRange: '*'
          destinationAddressPrefix: cidrSubnet(addressPrefix, 26, 1)
          destinationPortRanges: ['443', '5432', '6432']
        }
      }
      {
        name: 'deny-everything-else'
        properties: {
          description: 'Peered networks reach nothing here unless somebody adds a rule for it.'
          access: 'Deny'
          direction: 'Inbound'
          priority: 4096
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ])
  }
}

resource appGroup 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-${name}-app'
  location: location
  tags: tags
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'vnet-${name}'
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [addressPrefix]
    }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 0)
          networkSecurityGroup: {
            id: appGroup.id
          }
          delegations: [
            {
              name: 'app'
              properties: {
                serviceName: delegation
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 1)
          defaultOutboundAccess: false
          networkSecurityGroup: {
            id: endpointsGroup.id
          }
          privateEndpointNetworkPolicies: 'NetworkSecurityGroupEnabled'
        }
      }
    ]
  }

  resource app 'subnets' existing = {
    name: 'app'
  }

  resource endpoints 'subnets' existing = {
    name: 'endpoints'
  }
}

resource peerings 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings@2024-05-01' = [
  for peerNetworkId in peerNetworkIds: {
    parent: network
    name: 'to-${last(split(peerNetworkId, '/'))}'
    properties: {
      allowVirtualNetworkAccess: true
      remoteVirtualNetwork: {
        #disable-next-line use-resource-id-functions // It is a parameter's, which the rule does not see through the loop.
        id: peerNetworkId
      }
    }
  }
]

resource privateZones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zoneName in zoneNames: {
    name: zoneName
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zoneName, index) in zoneNames: {
    parent: privateZones[index]
    name: network.name
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: network.id
      }
    }
  }
]

resource networkDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: network
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

resource groupDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: endpointsGroup
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
  }
}

resource appGroupDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: appGroup
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
  }
}

@description('Subnet the app\'s outgoing traffic passes through.')
output appSubnetId string = network::app.id

@description('Subnet of the private endpoints.')
output endpointSubnetId string = network::endpoints.id

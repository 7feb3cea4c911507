metadata description = 'One private endpoint with its DNS record.'

@description('Region.')
param location string

@description('Name of the endpoint.')
param name string

@description('Tags.')
param tags object

@description('Subnet the endpoint\'s address is taken from.')
param subnetId string

@description('What it leads to.')
param resourceId string

@description('Which part of it: `blob`, `queue`, `table`, `vault`, `postgresqlServer`, `azuremonitor`.')
param groupId string

@description('Private DNS zones that get the records; one empty text where a policy of the organisation adds them.')
@minLength(1)
param zoneIds string[]

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnetId
    }
    customNetworkInterfaceName: '${name}-nic'
    privateLinkServiceConnections: [
      {
        name: groupId
        properties: {
          privateLinkServiceId: resourceId
          groupIds: [groupId]
        }
      }
    ]
  }
}

resource zoneGroup 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = if (!empty(zoneIds[0])) {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      for zoneId in zoneIds: {
        name: replace(last(split(zoneId, '/')), '.', '-')
        properties: {
          #disable-next-line use-resource-id-functions // It is a parameter's, which the rule does not see through the loop.
          privateDnsZoneId: zoneId
        }
      }
    ]
  }
}

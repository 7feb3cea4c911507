metadata description = 'Optional: telemetry reaches Azure Monitor through a private link, and by no other way.'

@description('Region of the private endpoint.')
param location string

@description('Name of the private link scope.')
param scopeName string

@description('Tags.')
param tags object

@description('Workspace.')
param workspaceId string

@description('Application Insights.')
param insightsId string

@description('Subnet of the private endpoint, which takes about a dozen addresses.')
param endpointSubnetId string

@description('Private DNS zones of Azure Monitor, the one of Blob Storage among them.')
param zoneIds string[]

// Who is in the network can send to these two resources alone. People read in the portal from wherever they are, as before.
resource linkScope 'Microsoft.Insights/privateLinkScopes@2021-07-01-preview' = {
  name: scopeName
  location: 'global'
  tags: tags
  properties: {
    accessModeSettings: {
      ingestionAccessMode: 'PrivateOnly'
      queryAccessMode: 'Open'
    }
  }

  resource workspace 'scopedResources' = {
    name: 'workspace'
    properties: {
      linkedResourceId: workspaceId
    }
  }

  resource insights 'scopedResources' = {
    name: 'insights'
    properties: {
      linkedResourceId: insightsId
    }
  }
}

module endpoint 'private-endpoint.bicep' = {
  dependsOn: [linkScope::workspace, linkScope::insights]
  params: {
    location: location
    name: 'pe-${scopeName}'
    tags: tags
    subnetId: endpointSubnetId
    resourceId: linkScope.id
    groupId: 'azuremonitor'
    zoneIds: zoneIds
  }
}

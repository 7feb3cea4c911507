metadata description = 'The Functions host\'s own storage: its keys and leases, the app\'s packages, histories and queues of Durable Task, claims.'

@description('Region.')
param location string

@description('Name of the account: 3 to 24 lower-case letters and digits, unique in the world.')
@minLength(3)
@maxLength(24)
param accountName string

@description('Tags.')
param tags object

@description('Copies. Zone-redundant, because an operation in flight is only as safe as its history.')
@allowed(['Standard_LRS', 'Standard_ZRS'])
param skuName string = 'Standard_ZRS'

@description('Container that deployments put the app\'s package into.')
param packagesContainerName string

@description('Subnet of the private endpoints.')
param endpointSubnetId string

@description('Private DNS zones; empty where a policy adds the records.')
param zoneIds {
  blob: string
  queue: string
  table: string
}

@description('Name of the app\'s identity.')
param identityName string

@description('Object id of the app\'s identity.')
param principalId string

@description('Workspace that gets the diagnostics.')
param workspaceId string

var services ('blob' | 'queue' | 'table')[] = ['blob', 'queue', 'table']

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: accountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: skuName
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    isLocalUserEnabled: false
    minimumTlsVersion: 'TLS1_2'
    networkAcls: {
      bypass: 'None'
      defaultAction: 'Deny'
    }
    publicNetworkAccess: 'Disabled'
    supportsHttpsTrafficOnly: true
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: {
        enabled: true
        days: 7
      }
    }

    resource packages 'containers' = {
      name: packagesContainerName
      properties: {
        publicAccess: 'None'
      }
    }
  }

  resource queues 'queueServices' = {
    name: 'default'
  }

  resource tables 'tableServices' = {
    name: 'default'
  }
}

module endpoints 'private-endpoint.bicep' = [
  for service in services: {
    name: '${deployment().name}-${service}'
    params: {
      location: location
      name: 'pe-${accountName}-${service}'
      tags: tags
      subnetId: endpointSubnetId
      resourceId: account.id
      groupId: service
      zoneIds: [zoneIds[service]]
    }
  }
]

// What the host and the Azure Storage provider of Durable Task ask for: containers, queues and tables are made at run time.
var roles = {
  'Storage Blob Data Owner': 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  'Storage Queue Data Contributor': '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  'Storage Table Data Contributor': '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in items(roles): {
    name: guid(account.id, identityName, role.value)
    scope: account
    properties: {
      description: '${role.key}: the Functions host and Durable Task.'
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.value)
    }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account
  properties: {
    workspaceId: workspaceId
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

// Reads, of which Durable Task makes many every second, are left out: they say nothing and cost more than all the rest.
var changes = [{ category: 'StorageWrite', enabled: true }, { category: 'StorageDelete', enabled: true }]

resource blobDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account::blobs
  properties: {
    workspaceId: workspaceId
    logs: changes
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

resource queueDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account::queues
  properties: {
    workspaceId: workspaceId
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

resource tableDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account::tables
  properties: {
    workspaceId: workspaceId
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

@description('Name.')
output name string = account.name

@description('Address of the blob service.')
output blobUri string = account.properties.primaryEndpoints.blob

@description('Address of the queue service.')
output queueUri string = account.properties.primaryEndpoints.queue

@description('Address of the table service.')
output tableUri string = account.properties.primaryEndpoints.table

@description('Address of the container for packages.')
output packagesUri string = '${account.properties.primaryEndpoints.blob}${account::blobs::packages.name}'

metadata description = 'Lets the app read and, in a restore, replace the objects of one `Direct` installation: in its container, and nothing else there.'

@description('Name of the app\'s identity.')
param identityName string

@description('Object id of the app\'s identity.')
param principalId string

@description('Storage account of the installation.')
param accountName string

@description('Container of its objects.')
param containerName string

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: accountName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource container 'containers' existing = {
      name: containerName
    }
  }
}

var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account::blobs::container.id, identityName, blobDataContributor)
  scope: account::blobs::container
  properties: {
    description: 'Storage Blob Data Contributor: tfe-backup backs up and restores the objects of an installation.'
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
  }
}

metadata description = 'The vault with the passwords of backups and the tokens of installations. Losing a password loses every backup made with it.'

@description('Region.')
param location string

@description('Name: 3 to 24 letters, digits and hyphens, unique in the world.')
@minLength(3)
@maxLength(24)
param vaultName string

@description('Tags.')
param tags object

@description('Subnet of the private endpoint.')
param endpointSubnetId string

@description('Private DNS zone of Key Vault; empty where a policy adds the record.')
param vaultZoneId string

@description('Name of the app\'s identity.')
param identityName string

@description('Object id of the app\'s identity.')
param principalId string

@description('Object ids of the people (or better, the group) who write and rotate secrets: Key Vault Secrets Officer.')
param secretOfficerIds string[]

@description('Workspace that gets the diagnostics: who read which secret.')
param workspaceId string

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: vaultName
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enablePurgeProtection: true
    enableRbacAuthorization: true
    enableSoftDelete: true
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    networkAcls: {
      bypass: 'None'
      defaultAction: 'Deny'
    }
    publicNetworkAccess: 'Disabled'
    softDeleteRetentionInDays: 90
  }
}

module endpoint 'private-endpoint.bicep' = {
  params: {
    location: location
    name: 'pe-${vaultName}'
    tags: tags
    subnetId: endpointSubnetId
    resourceId: vault.id
    groupId: 'vault'
    zoneIds: [vaultZoneId]
  }
}

var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'
var secretsOfficer = 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'

resource appAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identityName, secretsUser)
  scope: vault
  properties: {
    description: 'Key Vault Secrets User: tfe-backup reads secrets and their versions.'
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
  }
}

resource officerAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for officerId in secretOfficerIds: {
    name: guid(vault.id, officerId, secretsOfficer)
    scope: vault
    properties: {
      description: 'Key Vault Secrets Officer: writes and rotates the secrets of tfe-backup.'
      principalId: officerId
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsOfficer)
    }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = {
  name: 'keep-passwords'
  scope: vault
  properties: {
    level: 'CanNotDelete'
    notes: 'Without the passwords in this vault no backup can be opened.'
  }
}

@description('Name.')
output name string = vault.name

@description('Address: `Secrets:VaultUri`.')
output uri string = vault.properties.vaultUri

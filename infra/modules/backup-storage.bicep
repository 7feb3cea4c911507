metadata description = 'The storage account that holds the backups, and nothing else.'

@description('Region.')
param location string

@description('Name of the account: 3 to 24 lower-case letters and digits, unique in the world.')
@minLength(3)
@maxLength(24)
param accountName string

@description('Tags.')
param tags object

@description('Copies: `Standard_ZRS` in three zones of the region, `Standard_GZRS` or `Standard_GRS` in a second region too; `RA` adds reading there while the first is up.')
@allowed(['Standard_ZRS', 'Standard_GRS', 'Standard_RAGRS', 'Standard_GZRS', 'Standard_RAGZRS'])
param skuName string

@description('Name of the container that backups are kept in.')
param containerName string

@description('Days during which no backup can be changed or removed by anybody, counted from when it was written. 0 sets no policy.')
@minValue(0)
@maxValue(146000)
param immutabilityDays int

@description('Whether somebody has locked that policy: deployments then leave it alone, because a locked policy can only be extended.')
param immutabilityLocked bool

@description('Days for which what was deleted, blob or container, can be brought back.')
@minValue(1)
@maxValue(365)
param softDeleteDays int

@description('Days after which the data of a backup moves to the cool tier, which costs less to hold, more to read, and 30 days at least. 0: never.')
@minValue(0)
param coolAfterDays int

@description('Days after which it moves to the cold tier: likewise, 90 days at least. 0: never.')
@minValue(0)
param coldAfterDays int

@description('Days after which it moves to the archive tier, which zone-redundant accounts have not. Nothing there can be read until it has been rehydrated, which takes up to 15 hours: verification and restore of such a backup fail until then, saying how. 0: never.')
@minValue(0)
param archiveAfterDays int

@description('Subnet of the private endpoint.')
param endpointSubnetId string

@description('Private DNS zone of Blob Storage; empty where a policy adds the record.')
param blobZoneId string

@description('Name of the app\'s identity.')
param identityName string

@description('Object id of the app\'s identity.')
param principalId string

@description('Workspace that gets the diagnostics: who read, wrote and deleted what.')
param workspaceId string

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
    encryption: {
      keySource: 'Microsoft.Storage'
      requireInfrastructureEncryption: true
      services: {
        blob: {
          enabled: true
          keyType: 'Account'
        }
      }
    }
    // Version-level immutability and a hierarchical namespace exclude each other.
    isHnsEnabled: false
    isLocalUserEnabled: false
    isSftpEnabled: false
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
      changeFeed: {
        enabled: true
      }
      containerDeleteRetentionPolicy: {
        enabled: true
        days: softDeleteDays
      }
      deleteRetentionPolicy: {
        enabled: true
        days: softDeleteDays
      }
      isVersioningEnabled: true
    }

    resource container 'containers' = {
      name: containerName
      properties: {
        // Can be set only when the container is made, so it always is: a policy may then be added later.
        immutableStorageWithVersioning: {
          enabled: true
        }
        publicAccess: 'None'
      }

      // Unlocked: the days can still be lowered and the policy removed. Locking is one command of the runbook and cannot be
      // undone, so no deployment does it.
      resource immutability 'immutabilityPolicies' = if (immutabilityDays > 0 && !immutabilityLocked) {
        name: 'default'
        properties: {
          allowProtectedAppendWrites: false
          immutabilityPeriodSinceCreationInDays: immutabilityDays
        }
      }
    }
  }
}

// Rehydrated data keeps the time it was written: without the second condition the next run would archive it again, before anybody had read it.
var archive = archiveAfterDays > 0 && contains(skuName, 'ZRS')
  ? fail('archiveAfterDays: ${skuName} has no archive tier. Expected 0, or Standard_GRS or Standard_RAGRS as backupSku')
  : { daysAfterModificationGreaterThan: archiveAfterDays, daysAfterLastTierChangeGreaterThan: 7 }

var moves = union(
  coolAfterDays > 0 ? { tierToCool: { daysAfterModificationGreaterThan: coolAfterDays } } : {},
  coldAfterDays > 0 ? { tierToCold: { daysAfterModificationGreaterThan: coldAfterDays } } : {},
  archiveAfterDays > 0 ? { tierToArchive: archive } : {}
)

// Data only, by the tag it was written with: records and checks are small and read by every listing, which an archived one would end.
var moveRule = {
  name: 'move-older-data-to-cheaper-tiers'
  enabled: true
  type: 'Lifecycle'
  definition: {
    actions: {
      baseBlob: moves
    }
    filters: {
      blobTypes: ['blockBlob']
      prefixMatch: ['${containerName}/']
      blobIndexMatch: [{ name: 'content', op: '==', value: 'data' }]
    }
  }
}

// With versioning, what retention deletes lives on as a previous version. It goes here, into soft delete, and is gone for good
// after softDeleteDays. While a version is immutable this does nothing.
var purgeRule = {
  name: 'remove-deleted-versions'
  enabled: true
  type: 'Lifecycle'
  definition: {
    actions: {
      version: {
        delete: {
          daysAfterCreationGreaterThan: 1
        }
      }
    }
    filters: {
      blobTypes: ['blockBlob']
      prefixMatch: ['${containerName}/']
    }
  }
}

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: concat([purgeRule], empty(moves) ? [] : [moveRule])
    }
  }
  dependsOn: [
    account::blobs
  ]
}

module endpoint 'private-endpoint.bicep' = {
  params: {
    location: location
    name: 'pe-${accountName}-blob'
    tags: tags
    subnetId: endpointSubnetId
    resourceId: account.id
    groupId: 'blob'
    zoneIds: [blobZoneId]
  }
}

// Storage Blob Data Contributor may also delete containers, and may not write the tags that backups are found by.
resource writer 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(account.id, 'writer')
  properties: {
    roleName: 'tfe-backup writer (${accountName})'
    description: 'Reads, writes, tags and deletes blobs; neither makes nor removes containers, nor changes an immutability policy.'
    type: 'CustomRole'
    permissions: [
      {
        actions: ['Microsoft.Storage/storageAccounts/blobServices/containers/read']
        notActions: []
        dataActions: [
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/read'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/write'
        ]
        notDataActions: []
      }
    ]
    assignableScopes: [resourceGroup().id]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, containerName, identityName, writer.id)
  scope: account::blobs::container
  properties: {
    description: 'tfe-backup writes, reads and prunes backups.'
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: writer.id
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account
  properties: {
    workspaceId: workspaceId
    metrics: [{ category: 'Transaction', enabled: true }, { category: 'Capacity', enabled: true }]
  }
}

resource blobDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account::blobs
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'Transaction', enabled: true }, { category: 'Capacity', enabled: true }]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = {
  name: 'keep-backups'
  scope: account
  properties: {
    level: 'CanNotDelete'
    notes: 'The backups of every installation are in this account.'
  }
}

@description('Name.')
output name string = account.name

@description('Address of the blob service: `Store:ServiceUri`.')
output blobUri string = account.properties.primaryEndpoints.blob

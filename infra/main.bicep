metadata name = 'tfe-backup'
metadata description = 'Scheduled, verified, restorable backups of Terraform Enterprise: everything they need in one resource group.'

import {
  DirectServices
  Installations
  checkNames
  installationsTable
  resourceGroupsOf
  restartedClusters
  runCommandMachines
  toAppSettings
} from 'modules/settings.bicep'

@description('Short name, of lower-case letters and digits; names of resources start with it.')
@minLength(2)
@maxLength(10)
param name string = 'tfebackup'

@description('`test` or `production`: part of every resource\'s name.')
@allowed(['test', 'production'])
param stage string

@description('Region. Where the installations are: backups then stay there, and transfers are fast and free.')
param location string = resourceGroup().location

@description('Tags of every resource.')
param tags object = {}

@description('The installations, exactly as in `Installations` of the configuration document. Secrets are named, never given.')
param installations Installations

@description('How old the newest verified backup may be where an installation has no `Rpo` of its own.')
param defaultRpo string = '1.00:00:00'

@description('Further sections of the configuration document, such as `Notifications`.')
param configuration object = {}

// The plan.

@description('`FlexConsumption`: paid for while it works. `Premium`: instances that are warm at all times.')
@allowed(['FlexConsumption', 'Premium'])
param plan string = 'FlexConsumption'

@description('Memory of one Flex instance in MB.')
@allowed([2048, 4096])
param instanceMemoryMB int = 2048

@description('Most instances at once.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 40

@description('Always-ready instances for operations. 0: none on Flex, and every operation waits for an instance; Premium always has one.')
@minValue(0)
param alwaysReadyInstances int = 1

@description('Whether instances are spread over the zones of the region, where it has them. Flex then keeps two always-ready instances of each of its three scale groups, Premium two in all.')
param zoneRedundant bool = false

@description('Size of Premium instances.')
@allowed(['EP1', 'EP2', 'EP3'])
param premiumSize string = 'EP1'

@description('Addresses (CIDR) that may call the app; empty: any, with a function key or a token.')
param allowedAddresses string[] = []

@description('Application (client) id of an app registration: every call then needs a token of Entra ID for it as well. Empty: function keys alone.')
param entraClientId string = ''

@description('Object ids of the users or service principals that may call, with entraClientId; empty: everybody with a token for it.')
param entraPrincipalIds string[] = []

// The network.

@description('Address range of the network that is made, /24 or larger.')
param addressPrefix string = '10.83.0.0/24'

@description('Ids of the networks the installations are in, to peer with.')
param peerNetworkIds string[] = []

@description('Addresses (CIDR) in peered networks from which people reach the vault and the backups; empty: from nowhere.')
param operatorAddresses string[] = []

@description('What `Direct` installations keep their data in. Each gets a private endpoint in the app\'s network; containers grant access to the app\'s identity. The runbook says what a database needs besides.')
param directServices DirectServices = {}

@description('A network of yours instead: `appSubnetId` (delegated to `Microsoft.App/environments`, for Premium to `Microsoft.Web/serverFarms`), `endpointSubnetId`, and `zoneIds` by `blob`, `queue`, `table`, `vault`, `postgres`, or none where a policy adds the records.')
param existingNetwork {
  appSubnetId: string
  endpointSubnetId: string
  zoneIds: {
    blob: string?
    queue: string?
    table: string?
    vault: string?
    postgres: string?
  }?
}?

// The backups.

@description('Copies of the backups.')
@allowed(['Standard_ZRS', 'Standard_GRS', 'Standard_RAGRS', 'Standard_GZRS', 'Standard_RAGZRS'])
param backupSku string = 'Standard_ZRS'

@description('Container of the backups.')
@minLength(3)
@maxLength(63)
param containerName string = 'tfe'

@description('Days during which nobody can change or remove a backup. 0: no policy. The runbook says how to lock it.')
@minValue(0)
param immutabilityDays int = 14

@description('Set once the policy is locked: deployments then leave it alone.')
param immutabilityLocked bool = false

@description('Days for which deleted blobs and containers can be brought back.')
@minValue(1)
@maxValue(365)
param softDeleteDays int = 14

@description('Tier that the data of new backups is written into.')
@allowed(['Hot', 'Cool', 'Cold'])
param accessTier string = 'Hot'

@description('Days after which the data of backups moves to the cool tier; 0: never.')
@minValue(0)
param coolAfterDays int = 30

@description('Days after which it moves to the cold tier; 0: never.')
@minValue(0)
param coldAfterDays int = 0

@description('Days after which it moves to the archive tier, which takes `Standard_GRS` or `Standard_RAGRS`; 0: never. An archived backup cannot be restored or verified before it is rehydrated, which takes up to 15 hours.')
@minValue(0)
param archiveAfterDays int = 0

@description('Object ids of those who write and rotate secrets.')
param secretOfficerIds string[] = []

// Monitoring.

@description('Days that telemetry is kept.')
@minValue(30)
@maxValue(730)
param telemetryDays int = 90

@description('Whether telemetry goes through a private link, and the workspace takes in nothing else. Not with existingNetwork: networks that share their DNS have to share one private link scope, so add workspace and Application Insights to yours.')
param privateTelemetry bool = false

@description('GB of telemetry a day, after which alerts are blind until the next; -1: no limit.')
param telemetryQuotaGb int = -1

@description('E-mail addresses that alerts go to.')
param emailAddresses string[]

@description('Webhooks that alerts go to, by name. They may hold keys: given at deployment, never in a file.')
@secure()
param webhookUris object = {}

@description('Where the runbook can be read.')
param runbookUri string = 'infra/README.md'

@description('Seconds of one backup call from which the vendor\'s limit of 5,000 is near.')
param sourceCallWarningSeconds int = 4000

@description('Days before its expiry from which a secret is near it.')
param secretWarningDays int = 30

var fullName = '${name}-${stage}'
var unique = uniqueString(subscription().id, resourceGroup().id, name, stage)
var appName = '${fullName}-${unique}'
var backupAccountName = take('${name}bkp${unique}', 24)
var workspaceName = 'log-${fullName}'
var identityName = 'id-${fullName}'
var insightsName = 'appi-${fullName}'
var zoneType = 'Microsoft.Network/privateDnsZones'
var allTags = union({ application: 'tfe-backup', stage: stage }, tags)
var checkedInstallations = checkNames(installations)
var table = installationsTable(checkedInstallations, defaultRpo)
var machines = runCommandMachines(checkedInstallations)
var zones = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  vault: 'privatelink.${replace(substring(environment().suffixes.keyvaultDns, 1), 'vault.', 'vaultcore.')}'
}
var monitorZones = [
  'privatelink.agentsvc.azure-automation.net'
  'privatelink.monitor.azure.com'
  'privatelink.ods.opinsights.azure.com'
  'privatelink.oms.opinsights.azure.com'
]
var postgresZone = 'privatelink.postgres.database.azure.com'
var containers = directServices.?containers ?? []
var postgresServerIds = directServices.?postgresServerIds ?? []
var isPrivateTelemetry = privateTelemetry && existingNetwork != null
  ? fail('privateTelemetry: expected false with existingNetwork, whose own private link scope the workspace and Application Insights are added to')
  : privateTelemetry

module telemetry 'modules/telemetry.bicep' = {
  params: {
    location: location
    workspaceName: workspaceName
    insightsName: insightsName
    tags: allTags
    retentionDays: telemetryDays
    dailyQuotaGb: telemetryQuotaGb
    privateIngestion: isPrivateTelemetry
  }
}

module identity 'modules/identity.bicep' = {
  params: {
    location: location
    identityName: identityName
    tags: allTags
  }
}

module network 'modules/network.bicep' = if (existingNetwork == null) {
  params: {
    location: location
    name: fullName
    tags: allTags
    addressPrefix: addressPrefix
    delegation: plan == 'FlexConsumption' ? 'Microsoft.App/environments' : 'Microsoft.Web/serverFarms'
    peerNetworkIds: peerNetworkIds
    operatorAddresses: operatorAddresses
    zoneNames: concat(
      map(items(zones), zone => zone.value),
      isPrivateTelemetry ? monitorZones : [],
      empty(postgresServerIds) ? [] : [postgresZone]
    )
    workspaceId: telemetry.outputs.workspaceId
  }
}

var appSubnetId = existingNetwork.?appSubnetId ?? network!.outputs.appSubnetId
var endpointSubnetId = existingNetwork.?endpointSubnetId ?? network!.outputs.endpointSubnetId
var zoneIds = {
  blob: existingNetwork == null ? resourceId(zoneType, zones.blob) : (existingNetwork.?zoneIds.?blob ?? '')
  queue: existingNetwork == null ? resourceId(zoneType, zones.queue) : (existingNetwork.?zoneIds.?queue ?? '')
  table: existingNetwork == null ? resourceId(zoneType, zones.table) : (existingNetwork.?zoneIds.?table ?? '')
  vault: existingNetwork == null ? resourceId(zoneType, zones.vault) : (existingNetwork.?zoneIds.?vault ?? '')
  postgres: existingNetwork == null ? resourceId(zoneType, postgresZone) : (existingNetwork.?zoneIds.?postgres ?? '')
}

module monitorLink 'modules/monitor-link.bicep' = if (isPrivateTelemetry) {
  params: {
    location: location
    scopeName: 'ampls-${fullName}'
    tags: allTags
    workspaceId: telemetry.outputs.workspaceId
    insightsId: telemetry.outputs.insightsId
    endpointSubnetId: endpointSubnetId
    zoneIds: concat(map(monitorZones, zone => resourceId(zoneType, zone)), [zoneIds.blob])
  }
}

module direct 'modules/direct-services.bicep' = if (!empty(containers) || !empty(postgresServerIds)) {
  params: {
    location: location
    tags: allTags
    accountIds: reduce(containers, [], (seen, container) => union(seen, [container.accountId]))
    postgresServerIds: postgresServerIds
    endpointSubnetId: endpointSubnetId
    blobZoneId: zoneIds.blob
    postgresZoneId: zoneIds.postgres
  }
}

module objectContainerRoles 'modules/object-container-role.bicep' = [
  for container in containers: {
    scope: resourceGroup(split(container.accountId, '/')[2], split(container.accountId, '/')[4])
    params: {
      identityName: identityName
      principalId: identity.outputs.principalId
      accountName: last(split(container.accountId, '/'))
      containerName: container.name
    }
  }
]

module backups 'modules/backup-storage.bicep' = {
  params: {
    location: location
    accountName: backupAccountName
    tags: allTags
    skuName: backupSku
    containerName: containerName
    immutabilityDays: immutabilityDays
    immutabilityLocked: immutabilityLocked
    softDeleteDays: softDeleteDays
    coolAfterDays: coolAfterDays
    coldAfterDays: coldAfterDays
    archiveAfterDays: archiveAfterDays
    endpointSubnetId: endpointSubnetId
    blobZoneId: zoneIds.blob
    identityName: identityName
    principalId: identity.outputs.principalId
    workspaceId: telemetry.outputs.workspaceId
  }
}

var packagesContainerName = 'packages'

module host 'modules/host-storage.bicep' = {
  params: {
    location: location
    accountName: take('${name}host${unique}', 24)
    tags: allTags
    packagesContainerName: packagesContainerName
    endpointSubnetId: endpointSubnetId
    zoneIds: { blob: zoneIds.blob, queue: zoneIds.queue, table: zoneIds.table }
    identityName: identityName
    principalId: identity.outputs.principalId
    workspaceId: telemetry.outputs.workspaceId
  }
}

module vault 'modules/key-vault.bicep' = {
  params: {
    location: location
    vaultName: take('kv-${name}-${unique}', 24)
    tags: allTags
    endpointSubnetId: endpointSubnetId
    vaultZoneId: zoneIds.vault
    identityName: identityName
    principalId: identity.outputs.principalId
    secretOfficerIds: secretOfficerIds
    workspaceId: telemetry.outputs.workspaceId
  }
}

module runCommandRoles 'modules/run-command-role.bicep' = [
  for group in resourceGroupsOf(machines): {
    scope: resourceGroup(split(group, '/')[0], split(group, '/')[1])
    params: {
      identityName: identityName
      principalId: identity.outputs.principalId
      name: fullName
      machines: filter(
        machines,
        id => startsWith(id, '/subscriptions/${split(group, '/')[0]}/resourceGroups/${split(group, '/')[1]}/')
      )
    }
  }
]

module clusterRoles 'modules/cluster-role.bicep' = [
  for cluster in restartedClusters(checkedInstallations): {
    scope: resourceGroup(split(cluster, '/')[2], split(cluster, '/')[4])
    params: {
      clusterName: last(split(cluster, '/'))
      identityName: identityName
      principalId: identity.outputs.principalId
    }
  }
]

// The configuration document …
var document = union(toAppSettings(union(configuration, { Installations: checkedInstallations })), {
  Store__Kind: 'AzureBlob'
  Store__ServiceUri: backups.outputs.blobUri
  Store__Container: containerName
  Store__AccessTier: accessTier
  // The portal finds backups by them, and lifecycle management tells data from records.
  Store__IndexTags: 'true'
  Secrets__Kind: 'KeyVault'
  Secrets__VaultUri: vault.outputs.uri
})

// … and what the host, the Azure SDK and OpenTelemetry read. No setting holds a key or a connection string with one.
var hosting = {
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.outputs.clientId};Authorization=AAD'
  APPLICATIONINSIGHTS_CONNECTION_STRING: telemetry.outputs.connectionString
  AZURE_CLIENT_ID: identity.outputs.clientId
  AzureWebJobsStorage__blobServiceUri: host.outputs.blobUri
  AzureWebJobsStorage__clientId: identity.outputs.clientId
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__queueServiceUri: host.outputs.queueUri
  AzureWebJobsStorage__tableServiceUri: host.outputs.tableUri
}

module app 'modules/function-app.bicep' = {
  params: {
    location: location
    appName: appName
    planName: 'plan-${fullName}'
    tags: allTags
    plan: plan
    instanceMemoryMB: instanceMemoryMB
    maximumInstances: maximumInstances
    alwaysReadyInstances: alwaysReadyInstances
    zoneRedundant: zoneRedundant
    premiumSize: premiumSize
    identityId: identity.outputs.id
    identityName: identityName
    principalId: identity.outputs.principalId
    appSubnetId: appSubnetId
    allowedAddresses: allowedAddresses
    packagesUri: host.outputs.packagesUri
    settings: union(document, hosting)
    insightsName: insightsName
    workspaceId: telemetry.outputs.workspaceId
  }
}

module auth 'modules/function-auth.bicep' = if (!empty(entraClientId)) {
  dependsOn: [app]
  params: {
    appName: appName
    clientId: entraClientId
    allowedPrincipalIds: entraPrincipalIds
  }
}

module alerts 'modules/alerts.bicep' = {
  params: {
    location: location
    name: fullName
    tags: allTags
    workspaceId: telemetry.outputs.workspaceId
    installationsTable: table
    emailAddresses: emailAddresses
    webhookUris: webhookUris
    runbookUri: runbookUri
    sourceCallWarningSeconds: sourceCallWarningSeconds
    secretWarningDays: secretWarningDays
  }
}

module workbook 'modules/workbook.bicep' = {
  params: {
    location: location
    name: fullName
    tags: allTags
    workspaceId: resourceId('Microsoft.OperationalInsights/workspaces', workspaceName)
    storageAccountId: resourceId('Microsoft.Storage/storageAccounts', backupAccountName)
    installationsTable: table
  }
  dependsOn: [telemetry]
}

@description('The plan: how a package is deployed depends on it.')
output plan string = plan

@description('Name of the app.')
output appName string = app.outputs.name

@description('Address of the app.')
output appUrl string = app.outputs.url

@description('Name of the vault that the secrets go into.')
output vaultName string = vault.outputs.name

@description('Name of the account that holds the backups.')
output backupAccountName string = backups.outputs.name

@description('Its container.')
output containerName string = containerName

@description('Name of the host\'s account, for deploying a package to a Premium plan.')
output hostAccountName string = host.outputs.name

@description('Name of the app\'s identity: the name of its role in a database.')
output identityName string = identityName

@description('Object id of the app\'s identity: clusters and databases grant it access by this.')
output identityPrincipalId string = identity.outputs.principalId

metadata description = 'The Functions app and its plan.'

@description('Region.')
param location string

@description('Name of the app, unique in the world: `<name>.azurewebsites.net`.')
param appName string

@description('Name of the plan.')
param planName string

@description('Tags.')
param tags object

@description('`FlexConsumption`, or `Premium` where machines must be warm at all times or Flex is not offered.')
@allowed(['FlexConsumption', 'Premium'])
param plan string

@description('Memory of one instance in MB, which the app and the Functions host share. 512, which the platform offers too, is less than one transfer takes.')
@allowed([2048, 4096])
param instanceMemoryMB int

@description('Most instances at once.')
@minValue(1)
@maxValue(1000)
param maximumInstances int

@description('Always-ready instances for orchestrations and their activities, paid for all the time; 0: none, and every operation waits for an instance.')
@minValue(0)
param alwaysReadyInstances int

@description('Whether instances are spread over the zones of the region, where it has them. On Flex that takes two always-ready instances of each scale group.')
param zoneRedundant bool

@description('Size of Premium instances.')
@allowed(['EP1', 'EP2', 'EP3'])
param premiumSize string

@description('Identity of the app.')
param identityId string

@description('Subnet the app\'s outgoing traffic passes through.')
param appSubnetId string

@description('Addresses (CIDR) that may call the app. Empty: any address may, and needs a function key or an Entra ID token.')
param allowedAddresses string[]

@description('Container of the host\'s storage that packages are deployed into.')
param packagesUri string

@description('App settings.')
param settings object

@description('Application Insights, which the app publishes to.')
param insightsName string

@description('Name of the app\'s identity.')
param identityName string

@description('Object id of the app\'s identity.')
param principalId string

@description('Workspace that gets the diagnostics.')
param workspaceId string

var flex = plan == 'FlexConsumption'

// Flex scales functions by group: HTTP triggers, Durable Functions, and each other function by itself. With zones the platform keeps two instances of
// each, and bills them, whatever stands here; said, they are in the preview of a deployment too.
var scaleGroups = ['http', 'durable', 'function:Schedule']
var alwaysReady = zoneRedundant
  ? map(scaleGroups, group => { name: group, instanceCount: group == 'durable' ? max(2, alwaysReadyInstances) : 2 })
  : alwaysReadyInstances > 0 ? [{ name: 'durable', instanceCount: alwaysReadyInstances }] : []

resource flexPlan 'Microsoft.Web/serverfarms@2024-04-01' = if (flex) {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource premiumPlan 'Microsoft.Web/serverfarms@2024-04-01' = if (!flex) {
  name: '${planName}-premium'
  location: location
  tags: tags
  kind: 'elastic'
  sku: {
    name: premiumSize
    tier: 'ElasticPremium'
    // Zone redundancy takes two at least.
    capacity: zoneRedundant ? 2 : 1
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
    maximumElasticWorkerCount: maximumInstances
  }
}

// Without Azure Files, which knows no identities: the package is run from its container instead.
var premiumSettings = {
  FUNCTIONS_EXTENSION_VERSION: '~4'
  FUNCTIONS_WORKER_RUNTIME: 'dotnet-isolated'
  WEBSITE_RUN_FROM_PACKAGE: '${packagesUri}/released-package.zip'
  WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID: identityId
}

var appSettings = union(settings, flex ? {} : premiumSettings)

var restrictions = [
  for (address, index) in allowedAddresses: {
    name: 'allowed-${index}'
    action: 'Allow'
    ipAddress: address
    priority: 100 + index
  }
]

var siteConfig = {
  appSettings: map(items(appSettings), setting => { name: setting.key, value: setting.value })
  ftpsState: 'Disabled'
  http20Enabled: true
  ipSecurityRestrictions: restrictions
  ipSecurityRestrictionsDefaultAction: empty(allowedAddresses) ? 'Allow' : 'Deny'
  minTlsVersion: '1.2'
  scmMinTlsVersion: '1.2'
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: appName
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    clientAffinityEnabled: false
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    publicNetworkAccess: 'Enabled'
    serverFarmId: flex ? flexPlan.id : premiumPlan.id
    virtualNetworkSubnetId: appSubnetId
    vnetRouteAllEnabled: true
    functionAppConfig: flex
      ? {
          deployment: {
            storage: {
              type: 'blobContainer'
              value: packagesUri
              authentication: {
                type: 'UserAssignedIdentity'
                userAssignedIdentityResourceId: identityId
              }
            }
          }
          runtime: {
            name: 'dotnet-isolated'
            version: '10.0'
          }
          scaleAndConcurrency: {
            alwaysReady: alwaysReady
            instanceMemoryMB: instanceMemoryMB
            maximumInstanceCount: maximumInstances
          }
        }
      : null
    siteConfig: flex
      ? siteConfig
      : union(siteConfig, {
          alwaysOn: false
          // Durable Task's queues are behind private endpoints, where the platform's own scaling cannot look.
          functionsRuntimeScaleMonitoringEnabled: true
          linuxFxVersion: 'DOTNET-ISOLATED|10.0'
          minimumElasticInstanceCount: max(zoneRedundant ? 2 : 1, alwaysReadyInstances)
        })
  }

  // Deployments come with a token of Entra ID; the passwords of publishing profiles are switched off.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: {
      allow: false
    }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: {
      allow: false
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, identityName, metricsPublisher)
  scope: insights
  properties: {
    description: 'Monitoring Metrics Publisher: tfe-backup sends its telemetry.'
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: app
  properties: {
    workspaceId: workspaceId
    // Application Insights has the app's own lines and the host's. These also say why the app did not start.
    logs: [{ category: 'FunctionAppLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

@description('Name.')
output name string = app.name

@description('Address.')
output url string = 'https://${app.properties.defaultHostName}'

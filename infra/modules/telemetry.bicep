metadata description = 'The workspace that all telemetry and diagnostics end up in, and Application Insights upon it.'

@description('Region.')
param location string

@description('Name of the workspace.')
param workspaceName string

@description('Name of Application Insights.')
param insightsName string

@description('Tags.')
param tags object

@description('Days that telemetry is kept.')
@minValue(30)
@maxValue(730)
param retentionDays int

@description('GB that may be taken in each day before the rest is lost until tomorrow, alerts with it; -1 for no limit.')
param dailyQuotaGb int

@description('Whether telemetry comes in through a private link alone. What Azure\'s own services log arrives either way.')
param privateIngestion bool

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
    publicNetworkAccessForIngestion: privateIngestion ? 'Disabled' : 'Enabled'
    publicNetworkAccessForQuery: 'Enabled'
    workspaceCapping: {
      dailyQuotaGb: dailyQuotaGb
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    DisableLocalAuth: true
    IngestionMode: 'LogAnalytics'
    WorkspaceResourceId: workspace.id
    publicNetworkAccessForIngestion: privateIngestion ? 'Disabled' : 'Enabled'
    publicNetworkAccessForQuery: 'Enabled'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: workspace
  properties: {
    workspaceId: workspace.id
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}

@description('Workspace.')
output workspaceId string = workspace.id

@description('Application Insights.')
output insightsId string = insights.id

@description('Where telemetry goes. No secret: without a token of an identity that may publish, nothing is taken in.')
output connectionString string = insights.properties.ConnectionString

metadata description = 'Who is told, and of what. Each alert has a section of its name in the runbook.'

@description('Region.')
param location string

@description('Names start with this.')
param name string

@description('Tags.')
param tags object

@description('Workspace the queries run on.')
param workspaceId string

@description('`let Installations = …`, from settings.bicep.')
param installationsTable string

@description('E-mail addresses that are told.')
param emailAddresses string[]

@description('Webhooks that are told in the common alert schema: the on-call system, a chat. They may hold keys.')
@secure()
param webhookUris object

@description('Where the runbook can be read; each alert links to its section.')
param runbookUri string

@description('Seconds of one backup call on an installation\'s API from which the vendor\'s limit of 5,000 is near.')
@minValue(60)
@maxValue(4999)
param sourceCallWarningSeconds int

@description('Days before its expiry from which a secret is near it.')
@minValue(1)
param secretWarningDays int

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${name}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: take('tfe-backup', 12)
    emailReceivers: [
      for address in emailAddresses: {
        name: address
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
    webhookReceivers: map(items(webhookUris), hook => {
      name: hook.key
      serviceUri: hook.value
      useCommonAlertSchema: true
    })
  }
}

var alerts = [
  {
    name: 'no-verified-backup'
    severity: 0
    description: 'An installation has no verified backup as young as its RPO asks for, or says nothing at all.'
    query: '${installationsTable}\n${loadTextContent('../monitoring/queries/verified-backups.kql')}| where State != "ok"\n'
    dimensions: ['Installation']
    frequency: 'PT15M'
    window: 'P1D'
  }
  {
    name: 'failed-operation'
    severity: 1
    description: 'A backup, restore, restart, verification, retention or drill failed.'
    query: loadTextContent('../monitoring/queries/failed-operations.kql')
    dimensions: ['Installation', 'Operation']
    frequency: 'PT5M'
    window: 'PT30M'
  }
  {
    name: 'failed-verification'
    severity: 0
    description: 'A backup was read back and is not what was streamed.'
    query: loadTextContent('../monitoring/queries/failed-verifications.kql')
    dimensions: ['Installation', 'Backup']
    frequency: 'PT5M'
    window: 'PT30M'
  }
  {
    name: 'failed-or-overdue-drill'
    severity: 1
    description: 'The newest backup could not be restored into the scratch installation, or nobody has tried for too long.'
    query: '${installationsTable}\n${loadTextContent('../monitoring/queries/drills.kql')}| where State != "ok"\n'
    dimensions: ['Installation']
    frequency: 'PT15M'
    window: 'P1D'
  }
  {
    name: 'vendor-time-limit'
    severity: 2
    description: 'A backup call takes nearly as long as the vendor\'s service lets any call take.'
    query: '${loadTextContent('../monitoring/queries/source-calls.kql')}| where Longest > ${sourceCallWarningSeconds}\n'
    dimensions: ['Installation']
    frequency: 'PT1H'
    window: 'P1D'
  }
  {
    name: 'secret-near-expiry'
    severity: 2
    description: 'A password or token expires soon; backups fail once it has.'
    query: '${loadTextContent('../monitoring/queries/secrets.kql')}| where Days < ${secretWarningDays}\n'
    dimensions: ['Secret']
    frequency: 'PT1H'
    window: 'P1D'
  }
]

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in alerts: {
    name: alert.name
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'tfe-backup: ${alert.name}'
      description: '${alert.description} What to do: ${runbookUri}#${alert.name}'
      enabled: true
      severity: alert.severity
      scopes: [workspaceId]
      evaluationFrequency: alert.frequency
      windowSize: alert.window
      // Fires once for each installation, operation, backup or secret, and resolves when the query no longer finds it.
      autoMitigate: true
      checkWorkspaceAlertsStorageConfigured: false
      skipQueryValidation: false
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: map(alert.dimensions, dimension => { name: dimension, operator: 'Include', values: ['*'] })
            failingPeriods: {
              minFailingPeriodsToAlert: 1
              numberOfEvaluationPeriods: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: [actionGroup.id]
      }
    }
  }
]

// The alerts watch the backups; this one watches that somebody may look: the platform's own failures in this subscription.
resource health 'Microsoft.Insights/activityLogAlerts@2020-10-01' = {
  name: 'azure-service-health'
  location: 'global'
  tags: tags
  properties: {
    description: 'Azure reports an incident in this subscription. What to do: ${runbookUri}#azure-service-health'
    enabled: true
    scopes: [subscription().id]
    condition: {
      allOf: [
        { field: 'category', equals: 'ServiceHealth' }
        { field: 'properties.incidentType', equals: 'Incident' }
      ]
    }
    actions: {
      actionGroups: [{ actionGroupId: actionGroup.id }]
    }
  }
}

@description('Who is told.')
output actionGroupId string = actionGroup.id

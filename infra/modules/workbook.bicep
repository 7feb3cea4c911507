metadata description = 'The workbook of Azure Portal: what is backed up, what runs, what failed, what it costs.'

@description('Region.')
param location string

@description('Names the workbook.')
param name string

@description('Tags.')
param tags object

@description('Workspace the queries run on.')
param workspaceId string

@description('Storage account whose capacity is shown.')
param storageAccountId string

@description('`let Installations = …`, from settings.bicep.')
param installationsTable string

// monitoring/workbook.json names a query as "@query.kql"; here it becomes the text of that file, as JSON.
var queries = {
  'verified-backups': '${installationsTable}\n${loadTextContent('../monitoring/queries/verified-backups.kql')}'
  'age-over-time': loadTextContent('../monitoring/queries/age-over-time.kql')
  'running-operations': loadTextContent('../monitoring/queries/running-operations.kql')
  'failed-operations': loadTextContent('../monitoring/queries/failed-operations.kql')
  'failed-verifications': loadTextContent('../monitoring/queries/failed-verifications.kql')
  warnings: loadTextContent('../monitoring/queries/warnings.kql')
  outcomes: loadTextContent('../monitoring/queries/outcomes.kql')
  'published-backups': loadTextContent('../monitoring/queries/published-backups.kql')
  'backup-sizes': loadTextContent('../monitoring/queries/backup-sizes.kql')
  'backup-durations': loadTextContent('../monitoring/queries/backup-durations.kql')
  'backup-throughput': loadTextContent('../monitoring/queries/backup-throughput.kql')
  'source-calls': loadTextContent('../monitoring/queries/source-calls.kql')
  checks: loadTextContent('../monitoring/queries/checks.kql')
  drills: '${installationsTable}\n${loadTextContent('../monitoring/queries/drills.kql')}'
  'drill-results': loadTextContent('../monitoring/queries/drill-results.kql')
  recoveries: loadTextContent('../monitoring/queries/recoveries.kql')
  retention: loadTextContent('../monitoring/queries/retention.kql')
  stored: loadTextContent('../monitoring/queries/stored.kql')
  secrets: loadTextContent('../monitoring/queries/secrets.kql')
  'telemetry-volume': loadTextContent('../monitoring/queries/telemetry-volume.kql')
}

// string([text]) is ["text"], escaped.
var workbook = reduce(
  items(queries),
  replace(loadTextContent('../monitoring/workbook.json'), '@storage-account', storageAccountId),
  (text, query) => replace(text, '"@${query.key}.kql"', skip(take(string([query.value]), length(string([query.value])) - 1), 1))
)

resource shown 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, name, 'workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    category: 'workbook'
    displayName: 'tfe-backup (${name})'
    serializedData: workbook
    sourceId: workspaceId
    version: 'Notebook/1.0'
  }
}

@description('Resource id.')
output id string = shown.id

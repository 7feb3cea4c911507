metadata description = 'Private endpoints, in the app\'s network, for what `Direct` installations keep their data in.'

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Ids of storage accounts. Where the deployment has no rights on one, its owner approves the connection.')
param accountIds string[]

@description('Ids of PostgreSQL flexible servers, likewise.')
param postgresServerIds string[]

@description('Subnet of the private endpoints.')
param endpointSubnetId string

@description('Private DNS zone of Blob Storage; empty where a policy adds the records.')
param blobZoneId string

@description('Private DNS zone of PostgreSQL; empty where a policy adds the records.')
param postgresZoneId string

module objects 'private-endpoint.bicep' = [
  for accountId in accountIds: {
    name: 'direct-blob-${uniqueString(accountId)}'
    params: {
      location: location
      name: 'pe-${last(split(accountId, '/'))}-blob'
      tags: tags
      subnetId: endpointSubnetId
      resourceId: accountId
      groupId: 'blob'
      zoneIds: [blobZoneId]
    }
  }
]

module databases 'private-endpoint.bicep' = [
  for serverId in postgresServerIds: {
    name: 'direct-postgres-${uniqueString(serverId)}'
    params: {
      location: location
      name: 'pe-${last(split(serverId, '/'))}-postgres'
      tags: tags
      subnetId: endpointSubnetId
      resourceId: serverId
      groupId: 'postgresqlServer'
      zoneIds: [postgresZoneId]
    }
  }
]

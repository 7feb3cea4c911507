metadata description = 'Lets the app get the credentials for users of one AKS cluster. What it may do inside is for the cluster\'s own roles to say.'

@description('Name of the cluster.')
param clusterName string

@description('Name of the app\'s identity.')
param identityName string

@description('Object id of the app\'s identity.')
param principalId string

// Azure Kubernetes Service Cluster User Role: to read the cluster, and listClusterUserCredential.
var clusterUser = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4abbcc35-e782-43d8-92c5-2d3f1bd2253f')

resource cluster 'Microsoft.ContainerService/managedClusters@2024-09-01' existing = {
  name: clusterName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(cluster.id, identityName, clusterUser)
  scope: cluster
  properties: {
    description: 'tfe-backup restarts the application after a restore.'
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: clusterUser
  }
}

metadata description = 'The identity the app has everywhere: storage, secrets, telemetry, run command. There is no other credential.'

@description('Region.')
param location string

@description('Name of the identity.')
param identityName string

@description('Tags.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: identityName
  location: location
  tags: tags
}

@description('Resource id.')
output id string = identity.id

@description('What role assignments name.')
output principalId string = identity.properties.principalId

@description('What a client asks for a token with.')
output clientId string = identity.properties.clientId
